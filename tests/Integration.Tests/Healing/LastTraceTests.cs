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

    [Test]
    public async Task Rows_that_nobody_has_missed_yet_are_looked_for_before_an_index_is_built_anew()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await hospital.Damage.Heap.ZeroPageAsync("external_metadata", 2);
        await hospital.Damage.Index.ZeroLeafAsync("external_metadata_pkey", -1);
        var file = await FileAsync(hospital);
        var index = (await hospital.CheckAsync(new BtreeCheck())).Single();

        var outcome = await hospital.HealAsync(index.Id);

        Assert.That((outcome.State, await FileAsync(hospital)), Is.EqualTo((IncidentState.Escalated, file)), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("public.external_metadata has lost rows").And.Contain("may be the last that knows of them"));
        var lost = (await hospital.CheckAsync(new IndexProbeCheck())).Single(i => i.Kind == FindingKind.HeapRowsLost);
        Assert.That(lost.Object.Quoted, Is.EqualTo("public.external_metadata"));
    }

    [Test]
    public async Task An_only_index_whose_entry_leads_anywhere_is_built_anew_by_itself()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await hospital.Damage.Index.MislayEntryAsync("external_metadata_pkey");
        var index = (await hospital.CheckAsync(new BtreeCheck())).Single();

        var outcome = await hospital.HealAsync(index.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    [Test]
    public async Task A_new_order_does_not_take_the_last_trace_away_however_much_else_is_open()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        var (kept, other) = (await hospital.Damage.Collation.CreateIndexAsync("external_metadata", "source"), await hospital.Damage.Collation.CreateIndexAsync("people", "name"));
        await hospital.Damage.Heap.ZeroPageAsync("external_metadata", 2);
        var lost = (await hospital.CheckAsync(new IndexProbeCheck())).Single(i => i.Kind == FindingKind.HeapRowsLost && i.Object.Quoted == "public.external_metadata");
        await CrowdAsync(hospital, lost);
        await hospital.Damage.Collation.ChangeOrderAsync();
        await hospital.CheckAsync(new CollationCheck());
        var found = (await new IncidentLedger(hospital.Db).ListAsync(new IncidentFilter { Kind = "collation_version" }, CancellationToken.None)).Single();
        var files = (await FileAsync(hospital, kept), await FileAsync(hospital, other));

        var outcome = await hospital.HealAsync(found.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("1 of 2 indexes are rebuilt, and the version is not refreshed").And.Contain($"incident {lost.Id}: heap_rows_lost").And.Contain(kept));
        Assert.That(await FileAsync(hospital, kept), Is.EqualTo(files.Item1));
        Assert.That(await FileAsync(hospital, other), Is.Not.EqualTo(files.Item2));
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT collversion = pg_collation_actual_version(oid) FROM pg_collation WHERE collname = 'kit_order'"), Is.False);
    }

    [Test]
    public async Task A_table_that_lost_rows_is_not_written_anew_with_all_its_indexes()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 2000, realChecks: true, adjust: t => t.Policy["lossless-locking"] = Jobs.Options.RepairPolicy.Auto);
        await hospital.Damage.Heap.ZeroPageAsync("people", 2);
        await hospital.Damage.Row.AttributeCountAsync("people", new(1, 7));
        var lost = (await hospital.CheckAsync(new IndexProbeCheck())).Single(i => i.Kind == FindingKind.HeapRowsLost);
        var natts = (await hospital.CheckAsync(new HeapCheck())).Single(i => i.Kind == FindingKind.HeapNattsWrong);
        var file = await FileAsync(hospital, "people_pkey");

        var outcome = await hospital.HealAsync(natts.Id);

        Assert.That((outcome.State, await FileAsync(hospital, "people_pkey")), Is.EqualTo((IncidentState.Escalated, file)), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("all indexes of public.people would be built anew").And.Contain($"incident {lost.Id}: heap_rows_lost"));
    }

    /// <summary>More than one page of newer incidents, of another object.</summary>
    private static async Task CrowdAsync(Hospital hospital, Incident like)
    {
        var made = await Hospital.Cluster.ScalarAsync<long>(hospital.LedgerDatabase,
            $$"""
            WITH made AS (
                INSERT INTO healing.incidents OVERRIDING SYSTEM VALUE
                SELECT (jsonb_populate_record(i, jsonb_build_object('id', i.id + 1000 + n, 'fingerprint', md5(n::text), 'kind', 'btree_corrupt', 'object_oid', 1, 'evidence', '{}'::jsonb))).*
                FROM healing.incidents i, generate_series(1, 1100) n WHERE i.id = {{like.Id}} RETURNING 1)
            SELECT count(*) FROM made
            """);
        Assert.That(made, Is.EqualTo(1100));
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "SELECT setval(pg_get_serial_sequence('healing.incidents', 'id'), (SELECT max(id) FROM healing.incidents))");
    }

    private static Task<string?> FileAsync(Hospital hospital, string index = "external_metadata_pkey") => Hospital.Cluster.ScalarAsync<string>(hospital.Database, $"SELECT pg_relation_filepath('{index}')");
}
