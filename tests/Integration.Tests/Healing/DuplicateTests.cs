using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Several rows of one key: which stays, where the others go, and what comes of those that refer to them.</summary>
[TestFixture]
internal sealed class DuplicateTests
{
    private const string Index = "movies_tmdb_id_key";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> OtherIds = new(StringComparer.Ordinal) { ["id"] = "id + 1000000" };

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_row_that_others_refer_to_stays_and_the_copy_is_in_quarantine(bool indexed)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        var before = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 5, indexed, OtherIds);
        var incident = await FoundAsync(hospital);
        var asked = await hospital.HealAsync(incident.Id);
        Assert.That(asked.State, Is.EqualTo(IncidentState.AwaitingApproval), asked.Note);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var after = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        Assert.That(after.Where(t => before.ContainsKey(t.Key)), Is.EquivalentTo(before));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM healing_quarantine.rows"), Is.EqualTo(5));
        Assert.That((await CheckAsync(hospital)).Status, Is.EqualTo(CheckStatus.Clean));
        Assert.That((await new BtreeCheck().RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task Rows_that_refer_to_a_copy_by_another_key_come_to_the_one_that_stays_and_none_is_lost()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 1, indexed: false, OtherIds);
        var id = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT id - 1000000 FROM movies WHERE id > 1000000");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"INSERT INTO casts SELECT {id} + 1000000, 1, 'of the copy'");
        var casts = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM casts");
        var incident = await FoundAsync(hospital);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM casts"), Is.EqualTo(casts));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT count(*) FROM casts WHERE movie_id = {id} AND role = 'of the copy'"), Is.EqualTo(1));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE id > 1000000"), Is.Zero);
    }

    [Test]
    public async Task The_plan_has_the_statements_that_are_sent_and_their_locks()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 1, indexed: false, OtherIds);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO casts SELECT id, 1, 'of the copy' FROM movies WHERE id > 1000000");
        var incident = await FoundAsync(hospital);
        var plan = await new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);

        const string Kept = "FROM (SELECT r.place AS \"kept place\" FROM healing_quarantine.rows r WHERE r.batch OPERATOR(pg_catalog.=) @batch AND r.part OPERATOR(pg_catalog.=) @part) AS \"kept row\" WHERE t.ctid OPERATOR(pg_catalog.=) \"kept row\".\"kept place\"";
        const string Change = $"UPDATE ONLY public.casts t SET movie_id = (SELECT \"kept copy\".id FROM ONLY public.movies AS \"kept copy\" WHERE \"kept copy\".ctid OPERATOR(pg_catalog.=) @stays::pg_catalog.tid) {Kept}";
        var steps = plan.Steps;
        Assert.That(steps, Has.Count.EqualTo(14), plan.Refuse ?? plan.Defer ?? plan.Nothing);
        Assert.That(new[] { 0, 1, 4, 6, 7, 8, 9, 10, 11, 12, 13 }.Select(i => steps[i].Statement), Is.EqualTo(new[]
        {
            "LOCK TABLE ONLY public.movies IN SHARE ROW EXCLUSIVE MODE", "SELECT FROM ONLY public.movies t WHERE t.ctid = ANY (@places::text[]::tid[]) FOR UPDATE", Change,
            "SET LOCAL session_replication_role = replica", "DELETE FROM ONLY public.movies t USING " + Kept["FROM ".Length..], "SET LOCAL session_replication_role = origin",
            "SAVEPOINT the_rows_that_stay", "SET LOCAL session_replication_role = replica", "DELETE FROM ONLY public.movies t WHERE t.ctid = ANY (@places::text[]::tid[])", "ROLLBACK TO SAVEPOINT the_rows_that_stay", "REINDEX INDEX public.movies_tmdb_id_key",
        }));
        Assert.Multiple(() =>
        {
            Assert.That(steps[2].Statement, Does.StartWith("SELECT t.ctid::text FROM ONLY public.casts t WHERE EXISTS (SELECT FROM ONLY public.movies p").And.EndWith("FOR UPDATE OF t"));
            Assert.That(steps[2].Why, Does.StartWith("1 row(s) of public.casts refer to 1 row(s) that go, by "));
            Assert.That(steps[3].Statement, Does.StartWith("INSERT INTO healing_quarantine.rows").And.Contain("FROM ONLY public.casts t"));
            Assert.That(steps[5].Statement, Does.StartWith("INSERT INTO healing_quarantine.rows").And.Contain("FROM ONLY public.movies t"));
            Assert.That(steps[4].Parameters, Does.Match(@"^@stays: '\(\d+,\d+\)' in place of '\(\d+,\d+\)'; @batch, @part: "));
            Assert.That(steps[0].Locks, Is.EqualTo("SHARE ROW EXCLUSIVE on public.movies until all is committed: who writes waits; lock_timeout 2 s, asked for up to 3 times"));
            Assert.That(steps[13].Locks, Does.StartWith("SHARE on public.movies and ACCESS EXCLUSIVE on the index, until all is committed"));
            Assert.That(plan.Rows, Is.EqualTo(2), "a copy goes, and one row comes to the other");
        });

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var attempt = (await new IncidentLedger(hospital.Db).AttemptsAsync(incident.Id, CancellationToken.None))[^1];
        var sent = JsonNode.Parse(attempt.Statements!)!.AsArray().Select(s => Regex.Replace(Regex.Replace((string)s!, @"'\(\d+,\d+\)'", "@stays", RegexOptions.None, Patience), @"r\.(batch|part) OPERATOR\(pg_catalog\.=\) \d+", "r.$1 OPERATOR(pg_catalog.=) @$1", RegexOptions.None, Patience)).ToList();
        Assert.That(sent, Has.Count.EqualTo(10).And.SubsetOf(steps.Select(s => s.Statement)));
    }

    [Test]
    public async Task One_row_that_two_places_lead_to_is_no_duplicate_and_stays()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        await hospital.Damage.Row.OverlapAsync("public.external_metadata", new RowPlace(0, 2), 1);
        var incident = await FoundAsync(hospital);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.Not.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("two places of a page lead to one row"));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM external_metadata WHERE ctid = '(0,1)'"), Is.EqualTo(1));
    }

    [Test]
    public async Task Copies_that_share_their_long_values_are_left_to_a_person()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, """
            CREATE TABLE plots (id int PRIMARY KEY, plot text); ALTER TABLE plots ALTER plot SET STORAGE EXTERNAL;
            INSERT INTO plots SELECT i, CASE WHEN i % 10 = 0 THEN repeat('p' || i, 2000) ELSE repeat('x', 80) END FROM generate_series(1, 300) i;
            """);
        await hospital.Damage.Heap.MisplaceBlockAsync("plots", 1, 0);
        const string Long = "SELECT count(*) FROM plots WHERE length(plot) > 1000 AND plot LIKE 'p%'";
        var before = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, Long);
        var incident = await FoundAsync(hospital);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.Not.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("share their long values").And.Contain("heap_force_kill"));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "VACUUM plots");
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, Long), Is.EqualTo(before), "every long value can still be read");
    }

    [Test]
    public async Task A_primary_key_that_cascades_loses_no_child()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        var casts = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM casts");
        await hospital.Damage.Unique.DuplicateRowsAsync("movies_pkey", 4, indexed: false, new Dictionary<string, string>(StringComparer.Ordinal) { ["tmdb_id"] = "NULL" });
        var incident = await FoundAsync(hospital);
        var plan = await new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Samples, Has.All.Contains("it is the oldest"));

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM casts"), Is.EqualTo(casts));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE tmdb_id IS NULL"), Is.Zero, "the older rows stay");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_copy_under_a_deferrable_key_goes_to_quarantine(bool indexed)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE later (k int CONSTRAINT later_key UNIQUE DEFERRABLE INITIALLY DEFERRED, v text); INSERT INTO later SELECT i, 'v' || i FROM generate_series(1, 20) i");
        var before = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        await hospital.Damage.Unique.DuplicateRowsAsync("later_key", 3, indexed);
        var incident = await FoundAsync(hospital);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var after = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        Assert.That(after.Where(t => before.ContainsKey(t.Key)), Is.EquivalentTo(before));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM healing_quarantine.rows"), Is.EqualTo(3));
        Assert.That((await CheckAsync(hospital)).Status, Is.EqualTo(CheckStatus.Clean));
        Assert.That(async () => await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO later VALUES (1, 'again')"), Throws.InstanceOf<PostgresException>(), "the key holds");
    }

    [Test]
    public async Task What_differs_and_is_not_referred_to_is_shown_for_a_person_to_look()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE lone (k int, v text, soft boolean DEFAULT false); INSERT INTO lone SELECT i, 'v' || i FROM generate_series(1, 20) i; CREATE UNIQUE INDEX lone_key ON lone (k) WHERE NOT soft");
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 2, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["v"] = "v || ' other'" });
        var incident = await FoundAsync(hospital);
        var plan = await new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Samples, Has.Count.EqualTo(2).And.All.Contains("PLEASE LOOK"));
        Assert.That(plan.Rows, Is.EqualTo(2));
        var outcome = await ApprovedAsync(hospital, incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM lone WHERE v LIKE '% other'"), Is.Zero);
    }

    [Test]
    public async Task More_than_was_planned_is_not_done()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 100, realChecks: true);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 2, indexed: true, OtherIds);
        var incident = await FoundAsync(hospital);
        await using var connection = await hospital.Target.OpenRepairAsync(CancellationToken.None);
        var session = new RepairSession(hospital.Target, await hospital.Target.FactsAsync(CancellationToken.None), connection, 0);
        var repair = new ResolveDuplicates(new RepairLimits());
        var plan = await repair.PlanAsync(session, incident, CancellationToken.None);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 5, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 2000000" });
        var result = await repair.ApplyAsync(session, plan, Jobs.Snapshots.SnapshotProof.Waived(incident.Id), CancellationToken.None);
        Assert.That(result.Outcome, Is.EqualTo(RepairOutcome.Failed), result.Reason);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies"), Is.EqualTo(107));
    }

    [Test]
    public async Task A_row_that_somebody_changes_meanwhile_comes_along_and_points_at_nothing_in_no_case()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await OrderedAsync(hospital);
        await using var clerk = await ClerkAsync(hospital, "UPDATE orders SET status = 'paid'");
        var healing = await WaitingForTheClerkAsync(hospital);
        await RunAsync(clerk, "COMMIT");

        var outcome = await healing;

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await LostOrdersAsync(hospital), Is.Zero);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM orders WHERE status = 'paid' AND movie = 1"), Is.EqualTo(1));
    }

    [Test]
    public async Task Nobody_comes_to_refer_to_a_row_that_was_decided_to_go()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await OrderedAsync(hospital);
        await using var clerk = await ClerkAsync(hospital, "SELECT FROM orders FOR UPDATE");
        var healing = await WaitingForTheClerkAsync(hospital);

        await using var customer = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(customer, "SET lock_timeout = '300ms'");
        var waits = await Assert.ThrowsAsync<PostgresException>(async () => await RunAsync(customer, "INSERT INTO orders VALUES (2, 1000001)"));
        Assert.That(waits!.SqlState, Is.EqualTo(PostgresErrorCodes.LockNotAvailable));
        await RunAsync(clerk, "COMMIT");
        var outcome = await healing;

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await LostOrdersAsync(hospital), Is.Zero);
    }

    [Test]
    public async Task What_refers_to_another_row_by_now_is_decided_anew()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        var incident = await OrderedAsync(hospital);
        await using var clerk = await ClerkAsync(hospital, "UPDATE orders SET movie = 2");
        var healing = await WaitingForTheClerkAsync(hospital);
        await RunAsync(clerk, "COMMIT");

        var deferred = await healing;

        Assert.That((deferred.State, await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE id > 1000000")), Is.EqualTo((IncidentState.AwaitingWindow, 1L)), deferred.Note);
        Assert.That(deferred.Note, Does.Contain("rows that refer to public.movies were changed meanwhile"));
        var outcome = await ApprovedAsync(hospital, incident.Id);
        Assert.That((outcome.State, await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT movie FROM orders")), Is.EqualTo((IncidentState.Resolved, 2L)), outcome.Note);
    }

    [Test]
    public async Task A_row_that_refers_to_copies_by_two_keys_comes_along_with_both()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        var incident = await OrderedAsync(hospital);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "ALTER TABLE orders ADD instead bigint REFERENCES movies, ADD gift bigint REFERENCES movies; UPDATE orders SET instead = movie, gift = movie");

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM orders WHERE movie = 1 AND instead = 1 AND gift = 1"), Is.EqualTo(1));
    }

    [Test]
    public async Task Copies_that_refer_to_themselves_are_left_to_a_person()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "ALTER TABLE movies ADD remake_of bigint REFERENCES movies");
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 1, indexed: false, new Dictionary<string, string>(OtherIds, StringComparer.Ordinal) { ["remake_of"] = "id + 1000000" });
        var incident = await FoundAsync(hospital);

        var outcome = await ApprovedAsync(hospital, incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("refer to each other or to themselves"));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE id > 1000000"), Is.EqualTo(1));
    }

    [Test]
    public async Task What_wakes_up_while_keys_keep_still_is_refused_in_the_plan()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        var incident = await OrderedAsync(hospital);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER applied BEFORE DELETE ON movies FOR EACH ROW EXECUTE FUNCTION swallow();
            ALTER TABLE movies ENABLE REPLICA TRIGGER applied
            """);
        var plan = await new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Refuse, Does.Contain("the trigger applied of public.movies"));
    }

    /// <summary>One copy, of the first movie, and an order that refers to it.</summary>
    private static async Task<Incident> OrderedAsync(Hospital hospital)
    {
        hospital.Limits = hospital.Limits with { ExclusiveLockTimeout = TimeSpan.FromMinutes(2) };
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 1, indexed: false, OtherIds);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE orders (id int PRIMARY KEY, movie bigint NOT NULL REFERENCES movies, status text); INSERT INTO orders VALUES (1, 1000001, 'new')");
        return await FoundAsync(hospital);
    }

    /// <summary>Somebody who has begun to do something and is not through.</summary>
    private static async Task<NpgsqlConnection> ClerkAsync(Hospital hospital, string sql)
    {
        var clerk = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(clerk, $"BEGIN; {sql}");
        return clerk;
    }

    private static async Task<Task<HealOutcome>> WaitingForTheClerkAsync(Hospital hospital)
    {
        var incident = (await new IncidentLedger(hospital.Db).ListAsync(new IncidentFilter { OpenOnly = true }, CancellationToken.None)).Single();
        var healing = ApprovedAsync(hospital, incident.Id);
        await Poll.UntilAsync(async ct => healing.IsCompleted || await Hospital.Cluster.ScalarAsync<bool>(hospital.Database,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%orders%' AND wait_event = 'transactionid')", ct: ct), TimeSpan.FromMinutes(3), "the repair waits for the row that somebody holds");
        return healing;
    }

    private static Task<long> LostOrdersAsync(Hospital hospital) =>
        Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM movies m WHERE m.id = o.movie)");

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static Task<CheckReport> CheckAsync(Hospital hospital) => new DuplicateKeysCheck().RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None);

    private static async Task<Incident> FoundAsync(Hospital hospital) =>
        (await hospital.CheckAsync(new DuplicateKeysCheck())).Single(i => i.Kind == FindingKind.DuplicateKeys);

    private static Task<HealOutcome> ApprovedAsync(Hospital hospital, long incident) =>
        hospital.Factory().Create(hospital.Factory().Settings with { ApproveAll = true, NeverWait = true }).HealAsync(incident, "worker", CancellationToken.None);
}
