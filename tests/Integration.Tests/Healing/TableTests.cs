using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Damaged tables from the finding to the end: healed without the loss of a row, or kept and told.</summary>
[TestFixture]
internal sealed class TableTests
{
    private const string People = "people";
    private static readonly RowPlace Place = new(1, 7);

    [Test]
    public async Task A_wrong_visibility_map_is_made_anew()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Visibility.WronglyVisibleAsync("casts", "movie_id = 77");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "casts");
        var incident = await FoundAsync(ward, new VisibilityCheck(), "visibility_map_wrong");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("pages read back from disk"));
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "casts"), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_wrong_frozen_map_is_made_anew()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Visibility.WronglyFrozenAsync("casts", "INSERT INTO casts VALUES (3, 4, 'new')");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "casts");
        var incident = await FoundAsync(ward, new VisibilityCheck(), "frozen_map_wrong");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "casts"), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_reader_does_not_wait_for_the_map_and_the_map_waits_for_him()
    {
        await using var ward = await OpenAsync();
        ward.Limits = ward.Limits with { BriefLockTries = 2 };
        await ward.Damage.Visibility.WronglyVisibleAsync("casts", "movie_id = 77");
        var incident = await FoundAsync(ward, new VisibilityCheck(), "visibility_map_wrong");
        await using (var reader = await Hospital.Cluster.OpenAsync(ward.Database))
        {
            await using var begin = new Npgsql.NpgsqlCommand("BEGIN; SELECT FROM casts LIMIT 1", reader);
            await begin.ExecuteNonQueryAsync();
            var busy = await ward.HealAsync(incident.Id);
            Assert.That((busy.State, busy.Deferred), Is.EqualTo((IncidentState.AwaitingWindow, true)), busy.Note);
        }
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    [TestCase("xmin invalid")]
    [TestCase("xmax committed")]
    public async Task Hidden_rows_are_copied_and_shown_again(string what)
    {
        await using var ward = await OpenAsync();
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata");
        await (what == "xmin invalid" ? ward.Damage.Row.XminInvalidAsync("external_metadata", Place) : ward.Damage.Row.XmaxCommittedAsync("external_metadata", Place));
        var incident = await FoundAsync(ward, new VisibilityCheck(), "heap_rows_hidden");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("1 row(s) are there again, each like its copy").And.Contain("pages read back from disk"));
        Assert.That(await KeptAsync(ward), Is.EqualTo(1));
        // the proof of proofs: the very VACUUM that would have removed it
        await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) external_metadata");
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata"), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task Rows_that_were_only_copied_do_not_come_back_after_others_removed_them()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Row.XminInvalidAsync("external_metadata", Place);
        var incident = await FoundAsync(ward, new VisibilityCheck(), "heap_rows_hidden");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
        await Hospital.Cluster.ExecuteAsync(ward.Database, "DELETE FROM external_metadata WHERE ctid = '(1,7)'");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata");
        var batch = await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT id FROM healing_quarantine.batches");
        foreach (var rows in new RowChoice?[] { null, new([new KeptPlace(batch, 1, "(1,7)")], Again: false) })
        {
            var refused = await Assert.ThrowsAsync<Jobs.Errors.HealingException>(async () => await UndoneTests.UndoAsync(ward, incident.Id, rows: rows));
            Assert.That(refused!.Message, Does.Contain("unhide_rows copied 1 rows and left them in their table"));
        }
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata"), Is.EqualTo(before));
        Assert.That((await ward.FindAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
    }

    [TestCase("xmin invalid")]
    [TestCase("xmax committed")]
    public async Task Rows_that_nothing_shows_any_more_come_back_after_approval(string what)
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, "UPDATE external_metadata SET id = id WHERE ctid = '(1,1)'");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata");
        await (what == "xmin invalid" ? ward.Damage.Row.XminInvalidAsync("external_metadata", Place) : ward.Damage.Row.XmaxCommittedAsync("external_metadata", Place));
        Assert.That((await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata")).Rows, Is.EqualTo(before.Rows - 1), "the row is not hidden");
        var incident = await FoundAsync(ward, new RowBitsCheck(), "heap_bits_wrong");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await ApproveAsync(ward, incident);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) external_metadata");
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata"), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_place_that_was_given_to_somebody_else_meanwhile_is_left_alone()
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, "UPDATE external_metadata SET id = id WHERE ctid = '(1,1)'");
        await ward.Damage.Row.XminInvalidAsync("external_metadata", Place);
        var incident = await FoundAsync(ward, new RowBitsCheck(), "heap_bits_wrong");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await ApproveAsync(ward, incident);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM external_metadata");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata");
        await using (var writer = await Hospital.Cluster.OpenAsync(ward.Database))
        await using (var insert = new Npgsql.NpgsqlCommand("BEGIN; INSERT INTO external_metadata SELECT (jsonb_populate_record(m, jsonb_build_object('id', 900000 + m.id))).* FROM external_metadata m ORDER BY m.id LIMIT 300", writer))
        await using (var taken = new Npgsql.NpgsqlCommand("SELECT count(*) FROM external_metadata WHERE ctid = '(1,7)' AND id > 900000", writer))
        {
            await insert.ExecuteNonQueryAsync();
            Assert.That(await taken.ExecuteScalarAsync(), Is.EqualTo(1L), "the place is not somebody else's");
            await ward.HealAsync(incident.Id);
            Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata"), Is.EqualTo(before), "what nobody has committed can be seen");
        }
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, "external_metadata"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_map_is_left_alone_while_it_is_all_that_shows_a_row()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Visibility.WronglyVisibleAsync("external_metadata", "id = 100400");
        await ward.Damage.Row.XminInvalidAsync("external_metadata", Place);
        var open = await ward.CheckAsync(new VisibilityCheck());
        Assert.That(open.Select(i => i.Kind.Name), Is.EquivalentTo(new[] { "heap_rows_hidden", "visibility_map_wrong" }));
        var map = open.Single(i => i.Kind == FindingKind.VisibilityMapWrong);
        var waits = await ward.HealAsync(map.Id);
        Assert.That(waits.Deferred, Is.True, waits.Note);
        Assert.That(waits.Note, Does.Contain("they are brought back first"));
        var rows = await ward.HealAsync(open.Single(i => i.Kind == FindingKind.HeapRowsHidden).Id);
        Assert.That(rows.State, Is.EqualTo(IncidentState.Resolved), rows.Note);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        var outcome = await ward.HealAsync(map.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await AssertCleanAsync(ward);
    }

    [TestCase("future")]
    [TestCase("ancient")]
    public async Task An_impossible_transaction_wants_approval_and_the_row_comes_back(string what)
    {
        await using var ward = await OpenAsync();
        if (what == "ancient")
        {
            await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM (FREEZE) people");
        }
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, People);
        await (what == "future" ? ward.Damage.Row.FutureXminAsync(People, Place) : ward.Damage.Row.AncientXminAsync(People, Place));
        var incident = await FoundAsync(ward, new HeapCheck(), "heap_xmin_invalid");
        var asked = await ward.HealAsync(incident.Id);
        Assert.That(asked.State, Is.EqualTo(IncidentState.AwaitingApproval), asked.Note);
        var plan = await new PlanPreview(new TargetSet([ward.Target]), ward.Factory().Repairs()).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Samples, Has.Exactly(1).Contains("Person "));
        Assert.That(plan.Notes, Has.Some.Contains("comes back"));
        await ApproveAsync(ward, incident);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) people");
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, People), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task Too_many_columns_are_cured_by_writing_the_table_anew()
    {
        await using var ward = await OpenAsync(t => t.Policy["lossless-locking"] = Jobs.Options.RepairPolicy.Auto);
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, People);
        await ward.Damage.Row.AttributeCountAsync(People, Place);
        var incident = await FoundAsync(ward, new HeapCheck(), "heap_natts_wrong");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain($"all {before.Rows} rows are the same as before"));
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, People), Is.EqualTo(before));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_table_that_is_damaged_otherwise_is_not_written_anew()
    {
        await using var ward = await OpenAsync(t => t.Policy["lossless-locking"] = Jobs.Options.RepairPolicy.Auto);
        await ward.Damage.Row.AttributeCountAsync(People, Place);
        await ward.Damage.Row.FutureXminAsync(People, new(2, 3));
        var path = await PathAsync(ward, People);
        var open = await ward.CheckAsync(new HeapCheck());
        var outcome = await ward.HealAsync(open.Single(i => i.Kind == FindingKind.HeapNattsWrong).Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("heap_xmin_invalid at public.people(2,3)"));
        Assert.That(await PathAsync(ward, People), Is.EqualTo(path));
    }

    [TestCase("t_hoff")]
    [TestCase("length")]
    [TestCase("line pointer")]
    [TestCase("page")]
    [TestCase("checksum")]
    public async Task What_cannot_be_read_is_kept_and_told_and_not_touched(string what)
    {
        await using var ward = await OpenAsync();
        switch (what)
        {
            case "t_hoff": await ward.Damage.Row.HeaderLengthAsync(People, Place); break;
            case "length": await ward.Damage.Row.ValueLengthAsync(People, Place, "name"); break;
            case "line pointer": await ward.Damage.Row.LinePointerOffsetAsync(People, Place); break;
            case "checksum": await ward.Damage.Heap.ChecksumFieldAsync(People, Place.Block); break;
            default: await ward.Damage.Heap.GarbagePageAsync(People, Place.Block); break;
        }
        var there = await new RelationEditor(Hospital.Cluster, ward.Database).FileAsync(People);
        var page = there.Read(Place.Block);
        var incident = await FoundAsync(ward, new HeapCheck(), what is "page" or "checksum" ? "heap_page_invalid" : "heap_tuple_unreadable");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("standby or a backup").And.Contain("copied directly"));
        var after = await ward.FindAsync(incident.Id);
        Assert.That(after.Attempts, Is.EqualTo(1));
        Assert.That((await new SnapshotLedger(ward.Db).OfIncidentAsync(incident.Id, CancellationToken.None)).Single().Kind, Is.EqualTo("relation_files"));
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CHECKPOINT");
        Assert.That(there.Read(Place.Block), Is.EqualTo(page), "the damaged page is as it was");
        if (what is "page" or "checksum")
        {
            Assert.That(outcome.Note, Does.Contain("under ignore_checksum_failure; never set that on the live server"));
            var still = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Hospital.Cluster.ScalarAsync<long>(ward.Database, $"SELECT count(*) FROM {People} WHERE ctid = '(1,1)'"));
            Assert.That(still!.SqlState, Is.EqualTo("XX001"), "somebody's session made the page a sound one for all others");
        }
        else
        {
            var others = await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SET enable_seqscan = off; SELECT count(*) FROM people WHERE ctid = ANY (ARRAY(SELECT format('(1,%s)', i)::tid FROM generate_series(1, 250) i WHERE i <> 7))");
            Assert.That(await KeptAsync(ward), Is.EqualTo(others).And.GreaterThan(50));
            Assert.That(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM healing_quarantine.rows WHERE place = '(1,7)'"), Is.Zero);
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_lost_long_value_gets_a_placeholder_and_the_rest_of_its_row_stays(bool notNull)
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, "ALTER TABLE movies ADD needs_review boolean NOT NULL DEFAULT false" + (notNull ? "; UPDATE movies SET script = 'none' WHERE script IS NULL; ALTER TABLE movies ALTER script SET NOT NULL" : ""));
        await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM movies");
        await ward.Damage.Toast.RemoveChunkAsync("movies", which: 5);
        var rest = await Hospital.Cluster.ScalarAsync<string>(ward.Database, "SELECT md5(string_agg((id, title, year, tmdb_id, content_rating, metadata_json, added_at)::text, ';' ORDER BY id)) FROM movies");
        var incident = await FoundAsync(ward, new HeapCheck(), "toast_value_lost");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await ApproveAsync(ward, incident);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(ward.Database, "SELECT md5(string_agg((id, title, year, tmdb_id, content_rating, metadata_json, added_at)::text, ';' ORDER BY id)) FROM movies"), Is.EqualTo(rest));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(ward.Database, "SELECT coalesce(string_agg(script, ''), 'null') FROM movies WHERE needs_review"),
            notNull ? Does.StartWith("[lost:") : Is.EqualTo("null"));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM movies WHERE needs_review"), Is.EqualTo(1));
        Assert.That(await KeptAsync(ward), Is.EqualTo(1));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_row_that_breaks_a_rule_leaves_only_when_it_is_kept()
    {
        await using var ward = await OpenAsync();
        await ward.BreakRuleAsync();
        var id = await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT id FROM external_metadata WHERE ctid = '(1,7)'");
        var rows = await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM external_metadata");
        var incident = await FoundAsync(ward, new HeapCheck(), "heap_tuple_corrupt");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await ApproveAsync(ward, incident);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM external_metadata"), Is.EqualTo(rows - 1));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(ward.Database, "SELECT vals[1] FROM healing_quarantine.rows"), Is.EqualTo(id.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await AssertCleanAsync(ward);
    }

    [Test]
    public async Task A_row_that_cannot_be_kept_is_not_taken_out()
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Row.EditAsync(People, Place, null, page => page[Place.Item] = new LinePointer(9_000, 2, 0));
        var incident = await FoundAsync(ward, new HeapCheck(), "heap_tuple_corrupt");
        await ward.HealAsync(incident.Id);
        await ApproveAsync(ward, incident);
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("so that it cannot be kept").And.Contain("nothing is taken out"));
    }

    [Test]
    public async Task Without_the_extension_a_person_is_told_what_to_create()
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, "DROP EXTENSION pg_surgery");
        ward.Target.Forget();
        await ward.Damage.Row.XminInvalidAsync("external_metadata", Place);
        var incident = await FoundAsync(ward, new VisibilityCheck(), "heap_rows_hidden");
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("CREATE EXTENSION pg_surgery").And.Contain("keep VACUUM away"));
    }

    private static async Task<Hospital> OpenAsync(Action<Jobs.Options.TargetOptions>? adjust = null)
    {
        var ward = await Hospital.OpenAsync(1_000, adjust, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE EXTENSION pg_visibility; CREATE EXTENSION pg_surgery");
        return ward;
    }

    [Test]
    public async Task What_lies_behind_a_hundred_damaged_blocks_is_not_proven_by_a_look_that_never_came_there()
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE TABLE wide (id int); INSERT INTO wide SELECT generate_series(1, 226 * 120)");
        await ward.Damage.Row.AttributeCountAsync("wide", new RowPlace(115, 5));
        var incident = await FoundAsync(ward, new HeapCheck(), "heap_natts_wrong");
        await ward.Damage.Editor.EditAsync("wide", null, (file, fix) =>
        {
            for (var block = 0; block < 105; block++)
            {
                var bytes = file.Read(block);
                new HeapPage(bytes).SetAttributes(5, 40);
                file.Write(block, bytes, fix);
            }
        });
        await using var connection = await ward.Target.OpenRepairAsync(CancellationToken.None);
        var session = new RepairSession(ward.Target, await ward.Target.FactsAsync(CancellationToken.None), connection, 1);
        var plan = new RepairPlan("none", RiskClass.Quarantining, []);
        var done = new RepairResult(RepairOutcome.Done, null, []);
        async Task<VerificationResult> VerifyAsync() => await ward.Factory().Tools().Verifier.VerifyAsync(session, incident, plan, done, CancellationToken.None);
        var still = await VerifyAsync();
        Assert.That(still.Proof, Is.EqualTo(Proof.Wrong), still.Statement);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE EXTENSION IF NOT EXISTS pg_surgery; SELECT heap_force_kill('wide', ARRAY['(115,5)']::tid[])");
        var mended = await VerifyAsync();
        Assert.That(mended.Proof, Is.EqualTo(Proof.Proven), mended.Statement);
    }

    private static async Task<Incident> FoundAsync(Hospital ward, ICheck check, string kind)
    {
        var open = await ward.CheckAsync(check);
        Assert.That(open.Select(i => i.Kind.Name), Is.EqualTo(new[] { kind }), string.Join("; ", open.Select(i => $"{i.Object} {i.Detail}")));
        return open[0];
    }

    private static Task ApproveAsync(Hospital ward, Incident incident) =>
        new IncidentDecisions(new IncidentLedger(ward.Db), 3).ApproveAsync(incident.Id, "tester", "read", CancellationToken.None);

    private static async Task AssertCleanAsync(Hospital ward)
    {
        foreach (var check in new ICheck[] { new HeapCheck(), new VisibilityCheck(), new RowBitsCheck(), new CountsCheck(), new BtreeCheck() })
        {
            var report = await check.RunAsync(new(ward.Target, CheckScope.All), CancellationToken.None);
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), $"{report.Check}: {report.Reason} {string.Join("; ", report.Findings.Select(f => f.Detail))}");
        }
    }

    private static Task<long> KeptAsync(Hospital ward) => Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM healing_quarantine.rows");

    private static Task<string?> PathAsync(Hospital ward, string table) => Hospital.Cluster.ScalarAsync<string>(ward.Database, $"SELECT pg_relation_filepath('{table}')");
}
