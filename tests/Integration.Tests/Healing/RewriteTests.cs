using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A table that others write to while it is written anew: only what the server counts may make a difference.</summary>
[TestFixture]
internal sealed class RewriteTests
{
    [TestCase("INSERT INTO people (name) VALUES ('new'), ('newer'); DELETE FROM people WHERE name = 'new'", IncidentState.Resolved, "none was lost")]
    [TestCase("INSERT INTO people (name) VALUES ('new'); SELECT heap_force_kill('people', ARRAY['(2,7)']::tid[])", IncidentState.Escalated, "compare with the snapshot")]
    [TestCase("UPDATE people SET born = '2000-01-01' WHERE id = 3", IncidentState.Escalated, "1 updated")]
    public async Task Writes_of_others_explain_no_more_rows_than_they_were(string writes, IncidentState state, string said)
    {
        await using var ward = await Hospital.OpenAsync(1_000, t => t.Policy["lossless-locking"] = RepairPolicy.Auto, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE EXTENSION pg_visibility; CREATE EXTENSION pg_surgery");
        ward.Limits = ward.Limits with { ExclusiveLockTimeout = TimeSpan.FromMinutes(2) };
        await ward.Damage.Row.AttributeCountAsync("people", new(1, 7));
        var incident = (await ward.CheckAsync(new HeapCheck())).Single();
        Task<Jobs.Healing.HealOutcome> healing;
        await using (var writer = await Hospital.Cluster.OpenAsync(ward.Database))
        {
            await writer.ExecuteAsync("BEGIN; LOCK TABLE people IN ROW SHARE MODE");
            healing = ward.HealAsync(incident.Id);
            await Poll.UntilAsync(async ct => healing.IsCompleted || await Hospital.Cluster.ScalarAsync<long>(ward.Database,
                "SELECT count(*) FROM pg_locks WHERE relation = 'people'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND mode = 'AccessExclusiveLock' AND NOT granted", ct: ct) > 0, TimeSpan.FromSeconds(60), "it waits to write the table anew");
            await writer.ExecuteAsync($"{writes}; COMMIT");
            // whoever leaves tells what it wrote
            Npgsql.NpgsqlConnection.ClearPool(writer);
        }

        var outcome = await healing;

        Assert.That(outcome.State, Is.EqualTo(state), outcome.Note);
        Assert.That(outcome.Note, Does.Contain(said));
    }
}
