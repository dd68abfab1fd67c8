using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Committed rows that their bits hide are gone with the next VACUUM: none of ours comes before they are back.</summary>
[TestFixture]
internal sealed class HiddenRowsTests
{
    private const string Metadata = "external_metadata";

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_map_is_not_made_anew_while_rows_of_another_page_wait_to_be_shown_again(bool reported)
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Visibility.WronglyVisibleAsync(Metadata, "id = 100400");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata);
        await HideAsync(ward, Metadata, 1);
        var map = (await ward.CheckAsync(new VisibilityCheck())).Single();
        Assert.That(map.Kind, Is.EqualTo(FindingKind.VisibilityMapWrong));
        var rows = reported ? await BitsAsync(ward) : null;

        var waits = await ward.HealAsync(map.Id);

        Assert.That(waits.Deferred, Is.True, waits.Note);
        Assert.That(waits.Note, Does.Contain(rows is null ? "at (1,7)" : $"incident {rows.Id}: heap_bits_wrong").And.Contain("VACUUM would remove"));
        rows ??= await BitsAsync(ward);
        await ApproveAsync(ward, rows);
        var shown = await ward.HealAsync(rows.Id);
        Assert.That(shown.State, Is.EqualTo(IncidentState.Resolved), shown.Note);
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata), Is.EqualTo(before));
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var outcome = await ward.HealAsync(map.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata), Is.EqualTo(before));
    }

    [TestCase("people", "heap_natts_wrong")]
    [TestCase("external_metadata", "heap_tuple_corrupt")]
    [TestCase("movies", "toast_value_lost")]
    public async Task No_other_repair_vacuums_a_table_with_hidden_rows_away(string table, string kind)
    {
        await using var ward = await OpenAsync();
        if (kind == "heap_natts_wrong")
        {
            await ward.Damage.Row.AttributeCountAsync(table, new(1, 7));
        }
        else if (kind == "toast_value_lost")
        {
            await ward.Damage.Toast.RemoveChunkAsync(table, which: 5);
        }
        else
        {
            await ward.BreakRuleAsync();
        }
        var incident = (await ward.CheckAsync(new HeapCheck())).Single();
        Assert.That(incident.Kind.Name, Is.EqualTo(kind));
        var rows = await CountAsync(ward, table);
        await HideAsync(ward, table, 2);
        Assert.That(await CountAsync(ward, table), Is.EqualTo(rows - 1), "the row is not hidden");
        if (incident.Risk == RiskClass.Manual)
        {
            await ApproveAsync(ward, incident);
        }

        var waits = await ward.HealAsync(incident.Id);

        Assert.That(waits.Deferred, Is.True, waits.Note);
        Assert.That(waits.Note, Does.Contain("a committed row at (2,7)").And.Contain("VACUUM would remove it"));
        // VACUUM would have given its place away
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"SELECT heap_force_freeze('{table}', ARRAY['(2,7)']::tid[])");
        Assert.That(await CountAsync(ward, table), Is.EqualTo(rows));
    }

    [Test]
    public async Task An_index_is_built_anew_when_the_hidden_rows_of_its_table_are_back()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Row.XminInvalidAsync(Metadata, new(1, 7));
        var hidden = (await ward.CheckAsync(new VisibilityCheck())).Single();
        await ward.Damage.Index.ZeroLeafAsync("external_metadata_pkey");
        var index = (await ward.CheckAsync(new BtreeCheck())).Single(i => i.Kind == FindingKind.BtreeCorrupt);

        var waits = await ward.HealAsync(index.Id);

        Assert.That(waits.Deferred, Is.True, waits.Note);
        Assert.That(waits.Note, Does.Contain($"incident {hidden.Id}: heap_rows_hidden").And.Contain("they are brought back first"));
        await HealedAsync(ward, hidden);
        await HealedAsync(ward, index);
    }

    [Test]
    public async Task Rows_that_came_back_to_a_key_that_is_taken_are_a_persons_and_not_resolved_by_another_try()
    {
        await using var ward = await OpenAsync();
        var key = await Hospital.Cluster.ScalarAsync<long>(ward.Database, $"SELECT id FROM {Metadata} WHERE ctid = '(1,7)'");
        await HideAsync(ward, Metadata, 1);
        var incident = await BitsAsync(ward);
        await ApproveAsync(ward, incident);
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"INSERT INTO {Metadata} VALUES ({key}, 'new', '{{}}')");

        foreach (var again in new[] { false, true })
        {
            if (again)
            {
                await new IncidentDecisions(new IncidentLedger(ward.Db), 3).ReopenAsync(incident.Id, "tester", "once more", CancellationToken.None);
                await ApproveAsync(ward, incident);
            }
            var outcome = await ward.HealAsync(incident.Id);
            Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
            Assert.That(outcome.Note, Does.Contain("external_metadata_pkey could not be built anew").And.Contain("holds duplicates of a key"));
        }
    }

    [Test]
    public async Task Indexes_lead_to_rows_that_somebody_looked_for_while_they_were_hidden()
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"CREATE INDEX by_hash ON {Metadata} USING hash ((payload ->> 'votes'))");
        var (key, votes) = (await Hospital.Cluster.ScalarAsync<long>(ward.Database, $"SELECT id FROM {Metadata} WHERE ctid = '(1,7)'"), await Hospital.Cluster.ScalarAsync<string>(ward.Database, $"SELECT payload ->> 'votes' FROM {Metadata} WHERE ctid = '(1,7)'"));
        async Task<IEnumerable<long>> LookedForAsync() =>
        [
            await ByIndexAsync(ward, $"id = {key}"),
            await ByIndexAsync(ward, $"payload ->> 'votes' = '{votes}'"),
        ];
        Assert.That(await LookedForAsync(), Is.EqualTo(new[] { 1L, 1L }));
        await ward.Damage.Row.XminInvalidAsync(Metadata, new(1, 7));
        Assert.That(await LookedForAsync(), Is.EqualTo(new[] { 0L, 0L }));
        var incident = (await ward.CheckAsync(new VisibilityCheck())).Single();

        await HealedAsync(ward, incident);

        Assert.That(await LookedForAsync(), Is.EqualTo(new[] { 1L, 1L }));
    }

    [Test]
    public async Task An_index_that_may_know_better_than_its_table_is_not_built_anew_for_rows_that_are_back()
    {
        await using var ward = await OpenAsync();
        var rows = await CountAsync(ward, Metadata);
        var key = await Hospital.Cluster.ScalarAsync<long>(ward.Database, $"SELECT id FROM {Metadata} WHERE ctid = '(1,7)'");
        await ward.Damage.Row.XminInvalidAsync(Metadata, new(1, 7));
        await ByIndexAsync(ward, $"id = {key}");
        var incident = (await ward.CheckAsync(new VisibilityCheck())).Single();
        var pkey = new Jobs.Targets.RelationName(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT 'external_metadata_pkey'::regclass::oid::bigint"), "public.external_metadata_pkey");
        var suspect = Finding.Of("btree", FindingKind.HeapValueSuspect, (await ward.Target.FactsAsync(CancellationToken.None)).Id, pkey, "two things");
        await ward.TakeInAsync(new("btree", CheckStatus.Damaged, TimeSpan.Zero, null, [suspect], [pkey.Oid]));

        var outcome = await ward.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.StartWith("the rows are there again, but public.external_metadata_pkey is not built anew").And.Contain("say two things of a row"));
        Assert.That(await CountAsync(ward, Metadata), Is.EqualTo(rows));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT 'external_metadata_pkey'::regclass::oid::bigint"), Is.EqualTo(pkey.Oid));
    }

    [TestCase("heap_bits_wrong")]
    [TestCase("heap_rows_hidden")]
    [TestCase("heap_tuple_corrupt")]
    public async Task What_an_attempt_left_of_its_indexes_is_mended_by_the_next_that_finds_no_row(string kind)
    {
        await using var ward = await OpenAsync();
        switch (kind)
        {
            case "heap_bits_wrong": await HideAsync(ward, Metadata, 1); break;
            case "heap_rows_hidden": await ward.Damage.Row.XminInvalidAsync(Metadata, new(1, 7)); break;
            default: await ward.BreakRuleAsync(); break;
        }
        ICheck check = kind switch { "heap_bits_wrong" => new RowBitsCheck(), "heap_rows_hidden" => new VisibilityCheck(), _ => new HeapCheck() };
        var incident = (await ward.CheckAsync(check)).Single();
        Assert.That(incident.Kind.Name, Is.EqualTo(kind));
        if (incident.Risk == RiskClass.Manual)
        {
            await ApproveAsync(ward, incident);
        }
        // as one does that dies right after it worked on the row
        await CrashedTests.DieAsync(ward, await ward.FindAsync(incident.Id));
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"SELECT {(kind == "heap_tuple_corrupt" ? "heap_force_kill" : "heap_force_freeze")}('{Metadata}', ARRAY['(1,7)']::tid[])");
        await ward.Damage.Index.RemoveLeafEntriesAsync("external_metadata_pkey");

        await HealedAsync(ward, incident);

        Assert.That((await ward.FindAsync(incident.Id)).Reason, Does.Contain("btree is clean"));
        Assert.That((await new BtreeCheck().RunAsync(new(ward.Target, CheckScope.All), CancellationToken.None)).Findings, Is.Empty);
    }

    [TestCase("heap_bits_wrong")]
    [TestCase("heap_rows_hidden")]
    public async Task Rows_that_a_VACUUM_took_away_are_not_gone_by_themselves(string kind)
    {
        await using var ward = await OpenAsync();
        await (kind == "heap_bits_wrong" ? HideAsync(ward, Metadata, 1) : ward.Damage.Row.XminInvalidAsync(Metadata, new(1, 7)));
        ICheck check = kind == "heap_bits_wrong" ? new RowBitsCheck() : new VisibilityCheck();
        var incident = (await ward.CheckAsync(check)).Single();
        Assert.That(incident.Kind.Name, Is.EqualTo(kind));
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"VACUUM (DISABLE_PAGE_SKIPPING) {Metadata}");
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CHECKPOINT");
        for (var look = 0; look < 3; look++)
        {
            Assert.That((await ward.CheckAsync(check)).Select(i => (i.Id, i.State)), Is.EqualTo(new[] { (incident.Id, IncidentState.Detected) }));
        }
        if (incident.Risk == RiskClass.Manual)
        {
            await ApproveAsync(ward, incident);
        }

        var outcome = await ward.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("VACUUM may have removed the rows"));
    }

    [Test]
    public async Task Rows_that_a_VACUUM_cut_off_with_the_end_of_their_table_are_not_gone_by_themselves()
    {
        await using var ward = await OpenAsync();
        var end = await ward.Damage.Heap.BlockCountAsync(Metadata) - 4;
        await HideAsync(ward, Metadata, end);
        var incident = await BitsAsync(ward);
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"SET session_replication_role = replica; DELETE FROM {Metadata} WHERE ctid >= '({end},0)'");
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"VACUUM (DISABLE_PAGE_SKIPPING) {Metadata}");
        Assert.That(await ward.Damage.Heap.BlockCountAsync(Metadata), Is.LessThanOrEqualTo(end));
        await ApproveAsync(ward, incident);

        var outcome = await ward.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain($"no longer reaches to block {end}").And.Contain("VACUUM may have removed the rows"));
    }

    private static async Task<Hospital> OpenAsync()
    {
        var ward = await Hospital.OpenAsync(1_000, t => t.Policy["lossless-locking"] = RepairPolicy.Auto, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE EXTENSION pg_visibility; CREATE EXTENSION pg_surgery");
        return ward;
    }

    /// <summary>The row at place 7 of a page that no map vouches for.</summary>
    private static async Task HideAsync(Hospital ward, string table, long block)
    {
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"UPDATE {table} SET {(table == "movies" ? "year = year" : table == "people" ? "born = born" : "source = source")} WHERE ctid = '({block},1)'");
        // what is rightly gone is cleared away by this scan, and not by a later one together with the row
        await CountAsync(ward, table);
        await ward.Damage.Row.XminInvalidAsync(table, new(block, 7));
    }

    private static async Task<Incident> BitsAsync(Hospital ward) => (await ward.CheckAsync(new RowBitsCheck())).Single(i => i.Kind == FindingKind.HeapBitsWrong);

    private static async Task HealedAsync(Hospital ward, Incident incident)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    private static async Task ApproveAsync(Hospital ward, Incident incident)
    {
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await new IncidentDecisions(new IncidentLedger(ward.Db), 3).ApproveAsync(incident.Id, "tester", "read", CancellationToken.None);
    }

    private static Task<long> ByIndexAsync(Hospital ward, string condition) => Hospital.Cluster.ScalarAsync<long>(ward.Database,
        $"SET enable_seqscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT count(source) FROM {Metadata} WHERE {condition}");

    private static Task<long> CountAsync(Hospital ward, string table) => Hospital.Cluster.ScalarAsync<long>(ward.Database,
        $"SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM ONLY {table}");
}
