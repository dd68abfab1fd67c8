using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>An index of a table that lost rows knows what nobody else does: it is not built anew before a person has done with that.</summary>
[TestFixture]
internal sealed class LastTraceTests
{
    [Test]
    public async Task An_index_that_is_the_last_trace_of_lost_rows_is_kept_until_that_is_closed()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await hospital.Damage.Heap.ZeroPageAsync("external_metadata", 2);
        await hospital.Damage.Index.ZeroLeafAsync("external_metadata_pkey", -1);
        var pkey = await FileAsync(hospital);
        await hospital.CheckAsync(new IndexProbeCheck());
        var open = await hospital.CheckAsync(new BtreeCheck());
        Assert.That(open.Select(i => $"{i.Kind.Name} {i.Object}"), Is.EquivalentTo(new[] { "heap_rows_lost public.external_metadata", "btree_corrupt public.external_metadata_pkey" }));
        var lost = open.Single(i => i.Kind == FindingKind.HeapRowsLost);
        var index = open.Single(i => i.Kind == FindingKind.BtreeCorrupt && i.Object.Quoted == "public.external_metadata_pkey");

        var outcome = await hospital.HealAsync(index.Id);

        Assert.That((outcome.State, await FileAsync(hospital)), Is.EqualTo((IncidentState.Escalated, pkey)));
        Assert.That(outcome.Note, Does.Contain($"incident {lost.Id}: heap_rows_lost").And.Contain("may be the last that knows of them"));

        var decide = new IncidentDecisions(new IncidentLedger(hospital.Db), 3);
        if (lost.State != IncidentState.Escalated)
        {
            Assert.That((await hospital.HealAsync(lost.Id)).State, Is.EqualTo(IncidentState.Escalated));
        }
        await decide.CloseAsync(lost.Id, "somebody", "given up", CancellationToken.None);
        await decide.ReopenAsync(index.Id, "somebody", "now it may go", CancellationToken.None);
        var healed = await hospital.HealAsync(index.Id);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Note);
        Assert.That(await FileAsync(hospital), Is.Not.EqualTo(pkey));
    }

    private static Task<string?> FileAsync(Hospital hospital) => Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT pg_relation_filepath('external_metadata_pkey')");
}
