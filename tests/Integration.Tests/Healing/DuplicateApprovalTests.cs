using System.Diagnostics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Which duplicates a person is asked about, and which rows the answer is good for.</summary>
[TestFixture]
internal sealed class DuplicateApprovalTests
{
    private const string Lone = "CREATE TABLE lone (k int, v text); INSERT INTO lone SELECT i, 'v' || i FROM generate_series(1, 30) i; CREATE UNIQUE INDEX lone_key ON lone (k)";
    private static readonly Dictionary<string, string> OtherValue = new(StringComparer.Ordinal) { ["v"] = "v || ' other'" };

    [TestCase("t text, s text, p text, c text, x float8", "", "0.2", TestName = "A column has the name of the row itself")]
    [TestCase("x float8", "CREATE FUNCTION said(lone) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''the same''::text'; CREATE CAST (lone AS text) WITH FUNCTION said(lone)", "0.2", TestName = "The owner has a cast of his own")]
    [TestCase("x float8", "ALTER DATABASE {0} SET extra_float_digits = 0", "0.10000000000000003", TestName = "The database writes numbers rounded")]
    public async Task Rows_that_differ_anywhere_are_shown_to_a_person(string columns, string more, string other)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true, adjust: t => t.Rules.Duplicates.Add(new() { Table = TablePath.Parse("lone"), Keep = KeepRow.Referenced }));
        var now = TimeProvider.System.GetUtcNow();
        hospital.Target.Options.MaintenanceWindow = $"{now.AddHours(-1):HH}:00-{now.AddHours(2):HH}:00 UTC";
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            $"CREATE TABLE lone (k int, {columns}); INSERT INTO lone (k, x) SELECT i, 0.1 FROM generate_series(1, 20) i; CREATE UNIQUE INDEX lone_key ON lone (k); {more.Replace("{0}", hospital.Database, StringComparison.Ordinal)}");
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 1, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = $"{other}::float8" });
        var incident = await FoundAsync(hospital);

        var asked = await hospital.HealAsync(incident.Id);

        Assert.That((asked.State, await CountAsync(hospital, "k = 1")), Is.EqualTo((IncidentState.AwaitingApproval, 2L)), asked.Note);
        Assert.That(asked.Note, Does.Contain("1 key(s) have rows that differ, and nothing says which is right"));
        Assert.That((await PlanAsync(hospital, incident)).Samples.Single(), Does.Contain("0.1}").And.Contain($"{other}}}").And.Contain("PLEASE LOOK"));
    }

    [Test]
    public async Task Columns_may_have_the_names_that_the_repair_gives_to_rows()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE odd (t int PRIMARY KEY, s int, p text, c text, x text, m text, CONSTRAINT odd_key UNIQUE (s));
            INSERT INTO odd SELECT i, i, 'p', 'c', 'x', 'm' FROM generate_series(1, 20) i;
            CREATE TABLE child (s text, p int REFERENCES odd (t), t int, x text, c text)
            """);
        await hospital.Damage.Unique.DuplicateRowsAsync("odd_key", 2, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["t"] = "t + 1000" });
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO child VALUES ('s', 1001, 1, 'x', 'c'), ('s', 1, 1001, 'x', 'c'), ('s', 1002, 7, 'x', 'c')");
        var incident = await FoundAsync(hospital);

        var outcome = await hospital.Factory().Create(hospital.Factory().Settings with { ApproveAll = true, NeverWait = true }).HealAsync(incident.Id, "worker", CancellationToken.None);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT string_agg(p::text, ',' ORDER BY p) FROM child"), Is.EqualTo("1,1,1002"));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT string_agg(t::text, ',' ORDER BY s, t) FROM odd WHERE s < 4"), Is.EqualTo("1,1002,3"));
    }

    [Test]
    public async Task An_approval_is_good_for_the_rows_that_were_read_and_for_no_others()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Lone);
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 1, indexed: true, OtherValue);
        var incident = await FoundAsync(hospital);
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await ApproveAsync(hospital, incident);

        await AnotherKeyAsync(hospital);
        var asked = await hospital.HealAsync(incident.Id);

        Assert.That((await CountAsync(hospital, "k = 7"), (await hospital.FindAsync(incident.Id)).ApprovedBy), Is.EqualTo((2L, (string?)null)), asked.Note);
        Assert.That(asked.Note, Does.Contain("has approved nothing that asks this"));

        await ApproveAsync(hospital, incident);
        // where it is now is nobody's question
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "VACUUM FULL lone");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That((outcome.State, await CountAsync(hospital, "k = 7")), Is.EqualTo((IncidentState.Resolved, 1L)), outcome.Note);
    }

    [Test]
    public async Task Rows_that_come_to_differ_after_the_plan_are_left_for_another()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Lone);
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 22, indexed: true, OtherValue);
        var incident = await FoundAsync(hospital);
        await using var connection = await hospital.Target.OpenRepairAsync(CancellationToken.None);
        var session = new RepairSession(hospital.Target, await hospital.Target.FactsAsync(CancellationToken.None), connection, 0);
        var repair = new ResolveDuplicates(new RepairLimits());
        var plan = await repair.PlanAsync(session, incident, CancellationToken.None);
        Assert.That(plan.Asks, Does.Contain("(2 of these keys are not among the samples"));
        await AssertAllAreShownAsync(hospital, plan.Notes.Single(n => n.StartsWith("all rows that share a key: ", StringComparison.Ordinal)).Split(": ", 2)[1], 44);

        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DELETE FROM lone WHERE k = 1 AND v LIKE '% other'");
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 1, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["v"] = "'of today'" });
        var result = await repair.ApplyAsync(session, plan, Jobs.Snapshots.SnapshotProof.Waived(incident.Id), CancellationToken.None);

        Assert.That((result.Outcome, await CountAsync(hospital, "true")), Is.EqualTo((RepairOutcome.Deferred, 52L)), result.Reason);
        Assert.That(result.Reason, Does.StartWith("other rows of public.lone than a person was asked about"));
    }

    [Test]
    public async Task Where_the_numbers_of_transactions_began_anew_nobody_is_the_oldest()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await cluster.CreateDatabaseAsync("aged");
        await cluster.ExecuteAsync("aged", Lone);
        await new Damage(cluster, "aged").Unique.DuplicateRowsAsync("lone_key", 2, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["v"] = "CASE k WHEN 1 THEN 'other' ELSE v END" });
        Assert.That((await DecidedAsync(cluster)).Select(d => d.IsDecided), Is.EqualTo(new[] { true, true }));

        await cluster.StopAsync();
        using (var reset = Process.Start(ServerUser.Current.Command(cluster.Options.Binaries["pg_resetwal"], "-e", "1", "-D", cluster.DataDirectory))!)
        {
            await reset.WaitForExitAsync();
            Assert.That(reset.ExitCode, Is.Zero);
        }
        await cluster.StartAsync();
        var decided = await DecidedAsync(cluster);
        Assert.That(decided.Select(d => (d.Key, d.IsDecided, d.IsOfKnownAge)), Is.EqualTo(new[] { ("(1)", false, false), ("(2)", true, false) }), "rows that are equal need no age");
        Assert.That(decided[0].Why, Does.Contain("their ages cannot be told"));
    }

    private static async Task<IReadOnlyList<DuplicateDecision>> DecidedAsync(PgCluster cluster)
    {
        await using var target = new Target(new TargetOptions { Name = "aged", Connection = cluster.ConnectionString("aged") }, TimeProvider.System);
        await using var connection = await target.OpenRepairAsync(CancellationToken.None);
        var key = (await UniqueKeys.ReadAsync(connection, CheckScope.OfIndexes(await cluster.ScalarAsync<long>("aged", "SELECT 'lone_key'::regclass::oid::bigint")), CancellationToken.None)).Single();
        await using var look = await connection.BeginTransactionAsync();
        return await DuplicateLook.DecideAsync(connection, key, KeepRow.Oldest, null, CancellationToken.None);
    }

    private static async Task AssertAllAreShownAsync(Hospital hospital, string query, int rows)
    {
        await using var connection = await Hospital.Cluster.OpenAsync(hospital.Database);
        await using var command = new NpgsqlCommand(query, connection);
        await using var row = await command.ExecuteReaderAsync();
        var seen = new List<string>();
        while (await row.ReadAsync())
        {
            seen.Add($"{row["k"]} {row["v"]}");
        }
        Assert.That(seen, Has.Count.EqualTo(rows).And.Contains("22 v22").And.Contains("22 v22 other"));
    }

    /// <summary>The wrong row of the first key is gone, and another key is double by now.</summary>
    private static Task AnotherKeyAsync(Hospital hospital) => Hospital.Cluster.ExecuteAsync(hospital.Database,
        """
        DELETE FROM lone WHERE k = 1 AND v LIKE '% other';
        UPDATE pg_index SET indisunique = false WHERE indexrelid = 'lone_key'::regclass;
        INSERT INTO lone VALUES (7, 'of today');
        UPDATE pg_index SET indisunique = true WHERE indexrelid = 'lone_key'::regclass
        """);

    private static async Task ApproveAsync(Hospital hospital, Incident incident)
    {
        var plan = await PlanAsync(hospital, incident);
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(incident.Id, "somebody", "read", plan.Rows, PlanHash.BindingOf(plan), CancellationToken.None);
    }

    private static Task<RepairPlan> PlanAsync(Hospital hospital, Incident incident) =>
        new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);

    private static Task<long> CountAsync(Hospital hospital, string where) => Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT count(*) FROM lone WHERE {where}");

    private static async Task<Incident> FoundAsync(Hospital hospital) =>
        (await hospital.CheckAsync(new DuplicateKeysCheck())).Single(i => i.Kind == FindingKind.DuplicateKeys);
}
