using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Between a plan and its end hours may pass: what was planned for a place is done only to what still lies there.</summary>
[TestFixture]
internal sealed class PlannedPlacesTests
{
    private const string Metadata = "external_metadata";
    private static readonly RowPlace Place = new(1, 7);

    [TestCase("given to another row")]
    [TestCase("left for another block")]
    public async Task A_long_value_is_not_declared_lost_in_a_row_that_has_it(string what)
    {
        await using var ward = await OpenAsync();
        await ward.Damage.Toast.RemoveChunkAsync("movies", which: 5);
        // else the row could not be deleted
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"REINDEX TABLE {await ward.Damage.Toast.TableOfAsync("movies")}");
        await using var surgery = await SurgeryAsync(ward, await FoundAsync(ward, "toast_value_lost"), new ToastPlaceholder(ward.Limits));
        var lost = Regex.Match(surgery.Plan.Steps[0].Statement, @"ctid = '(\(\d+,\d+\))'", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        Assert.That(lost, Is.Not.Empty, surgery.Plan.Steps[0].Statement);
        if (what == "given to another row")
        {
            await Hospital.Cluster.ExecuteAsync(ward.Database, $"DELETE FROM movies WHERE ctid = '{lost}'");
            await Hospital.Cluster.ExecuteAsync(ward.Database, "VACUUM movies");
            await Hospital.Cluster.ExecuteAsync(ward.Database, "INSERT INTO movies (id, title, year, script) SELECT 900000 + i, 'new', 2026, repeat(md5(i::text), 200) FROM generate_series(1, 200) i");
            Assert.That(await ScalarAsync(ward, $"SELECT count(*) FROM movies WHERE ctid = '{lost}' AND id > 900000"), Is.EqualTo(1), "the place is not somebody else's");
        }
        else
        {
            await Hospital.Cluster.ExecuteAsync(ward.Database, $"UPDATE movies SET year = year + 1 WHERE ctid = '{lost}'");
        }

        var result = await surgery.ApplyAsync();

        Assert.That((result.Outcome, result.RowsQuarantined), Is.EqualTo((RepairOutcome.Deferred, 0L)), result.Reason);
        Assert.That(result.Reason, Does.Contain(lost).And.Contain("none was changed"));
        Assert.That(await ScalarAsync(ward, "SELECT count(*) FROM movies WHERE id > 900000 AND script IS NULL"), Is.Zero);
        Assert.That(await ScalarAsync(ward, $"SELECT count(*) FROM movies WHERE ctid = '{lost}' AND script IS NULL"), Is.Zero);
    }

    [Test]
    public async Task A_sound_row_at_the_place_of_a_damaged_one_is_not_taken_out()
    {
        await using var ward = await OpenAsync();
        await ward.BreakRuleAsync();
        await using var surgery = await SurgeryAsync(ward, await FoundAsync(ward, "heap_tuple_corrupt"), new KillTuples(new IndexRecheck(ward.Checks), ward.Limits));
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"DELETE FROM {Metadata} WHERE ctid = '(1,7)'");
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"VACUUM {Metadata}");
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"INSERT INTO {Metadata} SELECT (jsonb_populate_record(m, jsonb_build_object('id', 900000 + m.id))).* FROM {Metadata} m ORDER BY m.id LIMIT 300");
        Assert.That(await ScalarAsync(ward, $"SELECT count(*) FROM {Metadata} WHERE ctid = '(1,7)' AND id > 900000"), Is.EqualTo(1), "the place is not somebody else's");
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata);

        var result = await surgery.ApplyAsync();

        Assert.That((result.Outcome, result.RowsQuarantined), Is.EqualTo((RepairOutcome.Deferred, 0L)), result.Reason);
        Assert.That(result.Reason, Does.Contain("(1,7)").And.Contain("none was taken out"));
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata), Is.EqualTo(before));
        Assert.That(await ScalarAsync(ward, "SELECT count(*) FROM pg_namespace WHERE nspname = 'healing_quarantine'"), Is.Zero, "a sound row was copied");
    }

    [Test]
    public async Task Copies_of_a_try_that_took_nothing_out_do_not_come_back()
    {
        await using var ward = await OpenAsync();
        // without a key a row that is in the table would come back as a second one
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"ALTER TABLE {Metadata} DROP CONSTRAINT {Metadata}_pkey CASCADE");
        await ward.BreakRuleAsync();
        var id = await ScalarAsync(ward, $"SELECT id FROM {Metadata} WHERE ctid = '(1,7)'");
        await using var surgery = await SurgeryAsync(ward, await FoundAsync(ward, "heap_tuple_corrupt"), new KillTuples(new IndexRecheck(ward.Checks), ward.Limits));
        await using (var writer = await Hospital.Cluster.OpenAsync(ward.Database))
        {
            await using var begin = new NpgsqlCommand($"BEGIN; LOCK TABLE {Metadata} IN ROW EXCLUSIVE MODE", writer);
            await begin.ExecuteNonQueryAsync();
            Assert.That((await surgery.ApplyAsync()).Outcome, Is.EqualTo(RepairOutcome.Deferred));
        }
        Assert.That(await ScalarAsync(ward, "SELECT count(*) FROM healing_quarantine.rows"), Is.EqualTo(1), "the first try kept no copy");
        Assert.That(await surgery.InForceAsync(), Is.Empty);
        // killed before it could say so
        await Hospital.Cluster.ExecuteAsync(ward.Database, "UPDATE healing_quarantine.batches SET settings = settings - 'void'");
        Assert.That(await surgery.InForceAsync(), Has.Count.EqualTo(1));
        await surgery.PlanAgainAsync();

        var result = await surgery.ApplyAsync();

        Assert.That(result.Outcome, Is.EqualTo(RepairOutcome.Done), result.Reason);
        Assert.That((await surgery.InForceAsync()).Select(b => b.Rows), Is.EqualTo(new[] { 1L }));
        Assert.That(await ScalarAsync(ward, "SELECT count(*) FROM healing_quarantine.rows"), Is.EqualTo(2), "copies are thrown away");
        Assert.That(await ScalarAsync(ward, $"SELECT count(*) FROM {Metadata} WHERE id = {id}"), Is.Zero);
        Assert.That(await surgery.BackAsync(), Is.EqualTo(1));
        Assert.That(await ScalarAsync(ward, $"SELECT count(*) FROM {Metadata} WHERE id = {id}"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_approval_holds_for_the_plan_that_was_read_and_for_no_other_of_as_many_rows()
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"VACUUM (FREEZE) {Metadata}");
        var sound = await ward.Damage.Heap.ReadPageAsync(Metadata, Place.Block);
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata);
        await ward.Damage.Row.AncientXminAsync(Metadata, Place);
        var incident = await FoundAsync(ward, "heap_xmin_invalid");
        Assert.That((await ward.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        var read = await ApprovedAsync(ward, incident.Id);
        Assert.That((await ward.FindAsync(incident.Id)).ApprovedPlan, Is.EqualTo(read));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(ward.LedgerDatabase, "SELECT metadata ->> 'plan' FROM healing.audit_log ORDER BY id DESC LIMIT 1"), Is.EqualTo(read));

        // another row of the same block, and as many
        await ward.Damage.Heap.LoseWriteAsync(Metadata, Place.Block, sound);
        await ward.Damage.Row.AncientXminAsync(Metadata, new(1, 9));
        var other = await ward.HealAsync(incident.Id);

        Assert.That((other.State, other.Deferred), Is.EqualTo((IncidentState.AwaitingApproval, true)), other.Note);
        Assert.That(other.Note, Does.Contain("the plan is another one by now than the one that tester approved"));
        var asked = await ward.FindAsync(incident.Id);
        Assert.That((asked.ApprovedBy, asked.ApprovedPlan, asked.Attempts, asked.WaitsForApproval), Is.EqualTo(((string?)null, (string?)null, 0, true)));

        Assert.That(await ApprovedAsync(ward, incident.Id), Is.Not.EqualTo(read));
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata), Is.EqualTo(before));
    }

    [Test]
    public async Task Who_approves_hears_of_subscribers_and_rows_of_an_extension_are_its_own()
    {
        await using var ward = await OpenAsync();
        await ward.BreakRuleAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"CREATE PUBLICATION \"we\"\"ird; --\" FOR TABLE {Metadata}; CREATE PUBLICATION every FOR ALL TABLES");
        var incident = await FoundAsync(ward, "heap_tuple_corrupt");
        await using var surgery = await SurgeryAsync(ward, incident, new KillTuples(new IndexRecheck(ward.Checks), ward.Limits));
        Assert.That(surgery.Plan.Notes, Has.One.StartsWith($"public.{Metadata} is published (\"we\"\"ird; --\", every): subscribers hear nothing of it"));

        await Hospital.Cluster.ExecuteAsync(ward.Database, $"ALTER EXTENSION amcheck ADD TABLE {Metadata}");
        await surgery.PlanAgainAsync();
        Assert.That((surgery.Plan.Refuse, surgery.Plan.Steps.Count), Is.EqualTo(($"public.{Metadata} belongs to the extension amcheck, which alone knows what its rows mean: a person repairs it, or creates the extension anew", 0)));
        await using var rewrite = new Operation(surgery.Session, incident, new RewriteTable(ward.Checks, new IndexRecheck(ward.Checks), ward.Limits));
        await rewrite.PlanAgainAsync();
        Assert.That(rewrite.Plan.Refuse, Is.EqualTo(surgery.Plan.Refuse));
    }

    [TestCase("UPDATE external_metadata SET source = 'newer' WHERE ctid = '(1,7)'")]
    [TestCase("DELETE FROM external_metadata WHERE ctid = '(1,7)'")]
    public async Task A_row_that_was_replaced_or_removed_since_does_not_come_back(string write)
    {
        await using var ward = await OpenAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, $"VACUUM (FREEZE) {Metadata}");
        await ward.Damage.Row.AncientXminAsync(Metadata, Place);
        var id = await ScalarAsync(ward, $"SELECT id FROM {Metadata} WHERE ctid = '(1,7)'");
        await using var surgery = await SurgeryAsync(ward, await FoundAsync(ward, "heap_xmin_invalid"), new FreezeTuples(new IndexRecheck(ward.Checks), ward.Limits));
        // as long as somebody may still see the old version, it lies there
        await using var reader = await Hospital.Cluster.OpenAsync(ward.Database);
        await using var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM people LIMIT 1", reader);
        await begin.ExecuteNonQueryAsync();
        await Hospital.Cluster.ExecuteAsync(ward.Database, write);
        var before = await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata);

        var result = await surgery.ApplyAsync();

        Assert.That(result.Outcome, Is.EqualTo(RepairOutcome.Escalated), result.Reason);
        Assert.That(result.Reason, Does.Contain("1 of 1 row(s) were changed or removed by somebody meanwhile"));
        Assert.That(await ScalarAsync(ward, $"SET enable_indexscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM {Metadata} WHERE id = {id}"), Is.EqualTo(write.StartsWith("UPDATE", StringComparison.Ordinal) ? 1 : 0));
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, ward.Database, Metadata), Is.EqualTo(before));
        await surgery.PlanAgainAsync();
        Assert.That(surgery.Plan.Refuse, Does.Contain("(1,7)").And.Contain("it would come back"));
    }

    /// <summary>As somebody does who has read the plan; its hash.</summary>
    private static async Task<string> ApprovedAsync(Hospital ward, long incident)
    {
        var plan = await new PlanPreview(new TargetSet([ward.Target]), HealerFactory.Repairs(ward.Checks, ward.Limits)).OfAsync(await ward.FindAsync(incident), CancellationToken.None);
        Assert.That(plan.Rows, Is.EqualTo(1));
        await new IncidentDecisions(new IncidentLedger(ward.Db), 3).ApproveAsync(incident, "tester", "read", plan.Rows, PlanHash.Of(plan), CancellationToken.None);
        return PlanHash.Of(plan);
    }

    private static async Task<Hospital> OpenAsync()
    {
        var ward = await Hospital.OpenAsync(1_000, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "CREATE EXTENSION pg_surgery");
        return ward;
    }

    private static async Task<Incident> FoundAsync(Hospital ward, string kind)
    {
        var open = await ward.CheckAsync(new HeapCheck());
        Assert.That(open.Select(i => i.Kind.Name), Is.EqualTo(new[] { kind }), string.Join("; ", open.Select(i => $"{i.Object} {i.Detail}")));
        return open[0];
    }

    private static Task<long> ScalarAsync(Hospital ward, string sql) => Hospital.Cluster.ScalarAsync<long>(ward.Database, sql);

    private static async Task<Operation> SurgeryAsync(Hospital ward, Incident incident, IRepair repair)
    {
        var facts = await ward.Target.FactsAsync(CancellationToken.None);
        var session = new RepairSession(ward.Target, facts, await ward.Target.OpenSurgeryAsync(CancellationToken.None), 1) { Ledger = "planned", Attempt = 1 };
        var operation = new Operation(session, incident, repair);
        await operation.PlanAgainAsync();
        Assert.That(operation.Plan.Steps, Is.Not.Empty, operation.Plan.Refuse ?? operation.Plan.Defer ?? operation.Plan.Nothing);
        return operation;
    }

    /// <summary>A repair whose plan is made, in a session that may do it.</summary>
    private sealed class Operation(RepairSession session, Incident incident, IRepair repair) : IAsyncDisposable
    {
        public RepairPlan Plan { get; private set; } = null!;

        public RepairSession Session => session;

        public async Task PlanAgainAsync() => Plan = await repair.PlanAsync(session, incident, CancellationToken.None);

        public Task<RepairResult> ApplyAsync() => repair.ApplyAsync(session, Plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);

        public async Task<IReadOnlyList<KeptBatch>> InForceAsync() =>
            [.. (await QuarantineStore.BatchesAsync(session.Connection, "planned", incident.Id, CancellationToken.None)).Where(b => b.InForce)];

        public async Task<long> BackAsync()
        {
            await using var transaction = await session.Connection.BeginTransactionAsync();
            var back = await new RowRestoration(session.Connection, new StatementLog()).RunAsync(await InForceAsync(), "somebody", CancellationToken.None);
            await transaction.CommitAsync();
            return back.Rows;
        }

        public ValueTask DisposeAsync() => session.Connection.DisposeAsync();
    }
}
