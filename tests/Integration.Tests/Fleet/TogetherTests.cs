using Dapper;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>Workers beside each other, and beside others who use the target.</summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class TogetherTests : FleetFixture
{
    protected override IReadOnlyList<string> Patients => ["twice", "busy", "foreigner", "paused", "braked"];

    /// <summary>Nobody dies here, and a machine that stands still is not to look as if somebody had.</summary>
    protected override TimeSpan? Lease => TimeSpan.FromMinutes(5);

    [Test]
    public async Task The_same_damage_found_by_two_at_once_is_one_incident_and_one_repair()
    {
        await AdmitAsync("twice");
        await SayAsync("pause", "--target", "twice", "--why", "both are to find it before it is healed");
        await Task.WhenAll(LookAsync(), Fleet.TriggerAsync("db.health_check", "twice"));
        await Poll.UntilAsync(async _ => (await Fleet.Ledger.IncidentsAsync("twice")) is [{ SeenCount: >= 2 }], HealedOnce.Patience, "found by both");
        await SayAsync("resume", "--target", "twice");
        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(incident.Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_table_is_healed_while_a_client_writes_and_nothing_acknowledged_is_lost()
    {
        await AdmitAsync("busy");
        await using var load = WriteLoad.Start(Patient.Cluster.ConnectionString("busy"), new WriteLoadOptions
        {
            Insert = "INSERT INTO items (id, name) VALUES (@id, md5(@value) || @value)",
            Update = "UPDATE items SET name = md5(@value) || @value WHERE id = @id",
            Delete = "DELETE FROM items WHERE id = @id",
            ReadAll = "SELECT id, substr(name, 33) FROM items WHERE id >= @id",
        });
        await load.WaitForAsync(50, HealedOnce.Patience);
        await LookAsync();
        await HealedOnce.SettledAsync(Fleet, Patient.Name, "Resolved");
        var failures = load.Failures.Values.Sum();
        await load.WaitForAsync(100, HealedOnce.Patience);
        Assert.That(load.Failures.Values.Sum(), Is.EqualTo(failures), "writes fail on a healed table");
        Assert.That(await load.FindLossesAsync(), Is.Empty);
        Assert.That(load.Missed, Is.Zero);
        await Patient.Cluster.ExecuteAsync("busy", "DELETE FROM items WHERE id >= 1000000000000");
        await HealedOnce.AssertAsync(Fleet, Patient);
    }

    [Test]
    public async Task An_index_that_somebody_else_rebuilds_right_now_is_left_alone()
    {
        await AdmitAsync("foreigner");
        await SayAsync("pause", "--target", "foreigner");
        await LookAsync();
        await Poll.UntilAsync(async _ => (await Fleet.Ledger.IncidentsAsync("foreigner")).Count == 1, HealedOnce.Patience, "found");
        await using (await HeldRebuild.StartAsync(Patient.Cluster, "foreigner", Patient.Index))
        {
            await SayAsync("resume", "--target", "foreigner");
            await Poll.UntilAsync(async _ => (await Fleet.Ledger.IncidentsAsync("foreigner")) is [{ Deferrals: > 0 }], HealedOnce.Patience, "put off");
            await LookAsync();
            await Fleet.TriggerAsync("db.health_check", "foreigner");
            await Poll.UntilAsync(async _ => await Fleet.Ledger.RunsSucceededAsync("foreigner") == 3, HealedOnce.Patience, "three looks at it");
        }
        var incident = await HealedOnce.SettledAsync(Fleet, Patient.Name, "Resolved", TimeSpan.FromSeconds(60));
        Assert.That(incident.Attempts, Is.LessThanOrEqualTo(1));
        Assert.That(Patient.RebuildsDone("testkit"), Is.EqualTo(1));
        Assert.That(Patient.RebuildsDone(), Is.EqualTo(1), "it was rebuilt once more");
        await Patient.AssertSoundAsync();
        await Patient.AssertNothingLeftAsync();
    }

    [Test]
    public async Task What_is_paused_is_not_repaired_until_it_is_resumed()
    {
        await AdmitAsync("paused");
        await SayAsync("pause", "--target", "paused", "--why", "a release goes out");
        await LookAsync();
        await Poll.UntilAsync(async _ => (await Fleet.Ledger.IncidentsAsync("paused")).Count == 1, HealedOnce.Patience, "found");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        var waiting = (await Fleet.Ledger.IncidentsAsync("paused")).Single();
        Assert.That((waiting.State, waiting.Attempts), Is.EqualTo(("Detected", 0)));
        await SayAsync("resume", "--target", "paused");
        await HealedOnce.AssertAsync(Fleet, Patient);
    }

    [Test]
    public async Task A_pause_stops_a_repair_that_is_under_way_and_it_does_not_count()
    {
        await AdmitAsync("braked");
        await using var writer = await Patient.HoldUpRebuildsAsync();
        await LookAsync();
        var backend = await Patient.RebuildingAsync(HealedOnce.Patience);
        await SayAsync("pause", "--why", "everything stops");
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(backend), TimeSpan.FromSeconds(10), "the rebuild ended");
        await Poll.UntilAsync(async _ => (await Fleet.Ledger.IncidentsAsync("braked")) is [{ State: not ("Snapshotting" or "Repairing" or "Verifying") }], HealedOnce.Patience, "out of hand");
        await writer.CloseAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.That(Patient.RebuildsDone(), Is.Zero);
        await SayAsync("resume");
        var incident = await HealedOnce.AssertAsync(Fleet, Patient);
        Assert.That(incident.Attempts, Is.EqualTo(1));
    }

    private async Task SayAsync(params string[] arguments)
    {
        var result = await Fleet.RunAsync(arguments);
        Assert.That(result.ExitCode, Is.Zero, $"healing {string.Join(' ', arguments)}: {result}");
    }
}
