using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class CrashedTests
{
    [TestCase(1, "escalated", IncidentState.Escalated)]
    [TestCase(3, "crashed", IncidentState.Resolved)]
    public async Task An_attempt_whose_worker_died_leaves_a_receipt_too(int allowed, string outcome, IncidentState state)
    {
        await using var hospital = await Hospital.OpenAsync(500);
        hospital.Options.AutoHealing.MaxAutoRepairAttempts = allowed;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        await DieAsync(hospital, incident);

        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(state));

        var receipts = await new ReceiptLedger(hospital.Db).OfIncidentAsync(incident.Id, CancellationToken.None);
        Assert.That(receipts, Has.Count.EqualTo(allowed == 1 ? 1 : 2));
        var body = JsonNode.Parse(receipts[0].Body)!;
        Assert.That((string?)body["outcome"], Is.EqualTo(outcome));
        Assert.That((string?)body["reason"], Does.Contain("died or was cut off while Repairing").And.Contain("not known"));
        Assert.That((string?)body["plan"]!["steps"]![0]!["statement"], Does.Contain("REINDEX"));
        Assert.That((string?)body["worker"], Is.EqualTo("worker"));
        var verdict = await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None);
        Assert.That(verdict.Changed, Is.Empty);
    }

    [Test]
    public async Task A_worker_that_is_told_to_stop_in_mid_repair_puts_off_and_counts_no_attempt()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        hospital.Limits = new() { LockTimeout = TimeSpan.FromMinutes(1) };
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        using var stop = new CancellationTokenSource();
        await using (var writer = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            await Dapper.SqlMapper.ExecuteAsync(writer, "BEGIN; LOCK TABLE movies IN ROW EXCLUSIVE MODE");
            var healing = hospital.HealAsync(incident.Id, cancel: stop.Token);
            await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", ct: ct) > 0, TimeSpan.FromSeconds(20), "it is in mid rebuild");
            await stop.CancelAsync();
            Assert.That(async () => await healing, Throws.InstanceOf<OperationCanceledException>());
        }
        var after = await hospital.FindAsync(incident.Id);
        Assert.That((after.State, after.Attempts, after.Reason), Is.EqualTo((IncidentState.AwaitingWindow, 0, "its worker was told to stop")));
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().Outcome, Is.EqualTo("deferred"));
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
        Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.EqualTo(1));
        await hospital.AssertSoundAsync();
    }

    [TestCase(IncidentState.Snapshotting)]
    [TestCase(IncidentState.Verifying)]
    public async Task One_that_is_told_to_stop_before_or_after_the_repair_itself_counts_no_attempt_either(IncidentState during)
    {
        await using var hospital = await Hospital.OpenAsync(500);
        hospital.Options.AutoHealing.MaxAutoRepairAttempts = 1;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        using var stop = new CancellationTokenSource();
        var seen = new List<IncidentState>();
        async Task StopAsync()
        {
            seen.Add((await hospital.FindAsync(incident.Id)).State);
            await stop.CancelAsync();
        }
        if (during == IncidentState.Verifying)
        {
            hospital.Probe.Before = StopAsync;
        }
        else
        {
            hospital.FreeSpace = _ =>
            {
                StopAsync().GetAwaiter().GetResult();
                return long.MaxValue;
            };
        }
        Assert.That(async () => await hospital.HealAsync(incident.Id, cancel: stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(seen, Is.EqualTo(new[] { during }));
        var after = await hospital.FindAsync(incident.Id);
        Assert.That((after.State, after.Attempts, after.Deferrals), Is.EqualTo((IncidentState.Detected, 0, 1)));
        (hospital.FreeSpace, hospital.Probe.Before) = (null, () => Task.CompletedTask);
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().Outcome, Is.EqualTo("succeeded"));
        await hospital.AssertSoundAsync();
    }

    internal static async Task DieAsync(Hospital hospital, Incident incident)
    {
        var ledger = new IncidentLedger(hospital.Db);
        var factory = hospital.Factory();
        var plan = await new PlanPreview(factory.Targets, factory.Repairs()).OfAsync(incident, CancellationToken.None);
        var lease = (await new LeaseLedger(hospital.Db).TakeAsync(Lease.OfTarget(incident.TargetId), "dead", incident.Id, TimeSpan.FromMilliseconds(1), CancellationToken.None))!;
        await ledger.BeginAttemptAsync(incident, lease.Fence, "dead", CancellationToken.None);
        await ledger.RecordWorkAsync(incident.Id, 1, lease.Fence, JsonSerializer.Serialize(plan, LedgerJson.Options), null, CancellationToken.None);
        await ledger.MoveAsync(incident.Id, IncidentState.Snapshotting, IncidentState.Repairing, new Move("dead", "") { Fence = lease.Fence }, CancellationToken.None);
    }
}
