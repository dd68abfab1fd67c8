using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>A plan tells the statements that will be sent and the locks that will be taken, and nothing is sent for it.</summary>
[TestFixture]
public sealed partial class PlannedStatementsTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY);
        INSERT INTO movies SELECT generate_series(1, 100);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies (id));
        INSERT INTO reviews SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
        CREATE TABLE votes (id int PRIMARY KEY, review int NOT NULL REFERENCES reviews ON DELETE CASCADE);
        INSERT INTO votes SELECT i, i FROM generate_series(1, 1000) i;
        CREATE TABLE ballots (vote int NOT NULL REFERENCES votes ON DELETE CASCADE);
        INSERT INTO ballots SELECT i FROM generate_series(1, 1000) i, generate_series(1, 3);
        CREATE TABLE marks (review int REFERENCES reviews ON DELETE SET NULL);
        INSERT INTO marks SELECT generate_series(1, 1000);
        """;
    private const string Movies = """
        CREATE TABLE movies (id int PRIMARY KEY, rating text, needs_review boolean NOT NULL DEFAULT false);
        INSERT INTO movies SELECT i, 'PG' FROM generate_series(1, 100) i;
        UPDATE movies SET rating = 'bad' WHERE id IN (7, 8);
        CREATE TABLE changes (table_name text NOT NULL, column_name text, row_key jsonb, old_value text, action text, incident bigint, changed_at timestamptz);
        """;

    private static void Declared(RulesOptions rules) => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id"));

    private static void Rated(RulesOptions rules) =>
        rules.AllowedValues.Add(new() { Column = ColumnList.Parse("movies.rating"), Values = ["G", "PG"], OnViolation = RuleAction.Nullify, AuditTable = TablePath.Parse("changes") });

    [Test]
    public async Task Orphans_with_all_that_goes_along()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var incident = (await clinic.CheckAsync()).Single();
        var plan = await PlanAsync(clinic, incident);

        Assert.That(plan.Rows, Is.EqualTo(60), "10 reviews, 10 votes, 30 ballots, 10 marks");
        Assert.That(plan.Steps.Select(s => Brief(s.Statement)), Is.EqualTo(new[]
        {
            "SELECT public.reviews SKIP LOCKED", "KEEP public.reviews", "KEEP public.votes", "KEEP public.ballots", "KEEP public.marks", "UPDATE public.marks", "DELETE public.reviews, public.votes, public.ballots",
            $"ALTER TABLE public.reviews ADD CONSTRAINT healing_twin_{incident.Id} FOREIGN KEY (movie_id) REFERENCES public.movies(id) NOT VALID",
            $"ALTER TABLE public.reviews VALIDATE CONSTRAINT healing_twin_{incident.Id}", $"ALTER TABLE public.reviews DROP CONSTRAINT IF EXISTS healing_twin_{incident.Id}",
        }));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Steps[0].Statement, Does.Contain("c.movie_id IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY public.movies AS p WHERE"), "the condition");
            Assert.That((plan.Steps[0].Why, plan.Steps[0].Parameters), Is.EqualTo(("10 row(s) of public.reviews, in batches, each looked at again under lock: public.reviews(movie_id) points at rows of public.movies that do not exist (reviews_movie_id_fkey)",
                $"@ctids: {string.Join(", ", plan.Samples.Select(s => s.Split(' ')[1].TrimEnd(':')))}")));
            Assert.That(plan.Steps[0].Locks, Is.EqualTo("ROW SHARE on public.reviews and FOR UPDATE on these rows, until its batch is committed (an eighth of a second is aimed at; lock_timeout 100 ms): who changes one of them waits, who only reads does not; ACCESS SHARE on what the condition reads"));
            Assert.That(plan.Steps[3].Why, Is.EqualTo("30 row(s) of public.ballots, kept before they go: ON DELETE CASCADE of ballots_vote_fkey"));
            Assert.That(plan.Steps[5].Statement, Is.EqualTo("UPDATE ONLY public.marks t SET review = NULL FROM (SELECT r.place AS \"kept place\" FROM healing_quarantine.rows r WHERE r.batch OPERATOR(pg_catalog.=) @batch AND r.part OPERATOR(pg_catalog.=) @changed) AS \"kept row\" WHERE t.ctid OPERATOR(pg_catalog.=) \"kept row\".\"kept place\""));
            Assert.That(plan.Steps[6].Locks, Does.StartWith("ROW EXCLUSIVE on public.reviews, public.votes, public.ballots, until its batch is committed"));
            Assert.That(plan.Steps[7].Locks, Is.EqualTo("SHARE ROW EXCLUSIVE on the table and on the one that it refers to, for a moment; lock_timeout 100 ms, asked for up to 40 times"));
            Assert.That(plan.Steps[8].Locks, Does.StartWith("SHARE UPDATE EXCLUSIVE on the table, ROW SHARE on the one that it refers to, while all of it is read"));
            Assert.That(plan.Steps[9].Locks, Does.StartWith("ACCESS EXCLUSIVE on the table and on the one that it refers to, for a moment"));
        });

        await clinic.RunAsync("UPDATE reviews SET id = id WHERE id = 202");
        Assert.That(PlanHash.Of(await PlanAsync(clinic, incident)), Is.EqualTo(PlanHash.Of(plan)), "a row that moved is the same row");
        await AssertSentAsync(clinic, incident, plan);
    }

    [Test]
    public async Task Rows_that_nothing_refers_to_and_rows_that_are_changed()
    {
        await using var clinic = await Clinic.OpenAsync(Movies, Rated);
        var incident = (await clinic.CheckAsync()).Single();
        var plan = await PlanAsync(clinic, incident);
        Assert.That(plan.Steps.Select(s => Brief(s.Statement)), Is.EqualTo(new[] { "SELECT public.movies SKIP LOCKED", "INSERT INTO public.changes", "KEEP public.movies", "UPDATE public.movies" }));
        Assert.Multiple(() =>
        {
            Assert.That(plan.Steps[0].Parameters, Does.Match(@"^@ctids: \(0,\d+\), \(0,\d+\); @allowed: G, PG$"));
            Assert.That(plan.Steps[1].Statement, Does.Contain("FROM ONLY public.movies AS t WHERE t.ctid OPERATOR(pg_catalog.=) ANY"));
            Assert.That((plan.Steps[1].Locks, plan.Steps[1].Parameters), Is.EqualTo(("ROW EXCLUSIVE on public.changes, ACCESS SHARE on public.movies",
                $"@table_name: public.movies; @column_name: rating; @action: nullify; @incident: {incident.Id}; {plan.Steps[0].Parameters!.Split("; ")[0]}")));
            Assert.That(plan.Steps[3].Statement, Does.StartWith("UPDATE ONLY public.movies t SET rating = NULL, needs_review = true FROM (SELECT r.place"));
            Assert.That(plan.Steps[3].Locks, Does.StartWith("ROW EXCLUSIVE on public.movies and on healing_quarantine.rows"));
        });
        await AssertSentAsync(clinic, incident, plan);

        clinic.Target.Options.Rules.AllowedValues[0] = new() { Column = ColumnList.Parse("movies.rating"), Values = ["G"], OnViolation = RuleAction.Quarantine };
        var more = (await clinic.CheckAsync()).Single();
        var moved = await PlanAsync(clinic, more);
        Assert.That(moved.Steps.Select(s => Brief(s.Statement)), Is.EqualTo(new[] { "SELECT public.movies SKIP LOCKED", "MOVE public.movies" }));
        Assert.That(moved.Steps[1].Parameters, Does.Contain(" and 88 more; @batch"));
        await AssertSentAsync(clinic, more, moved);
    }

    [Test]
    public async Task A_dry_run_shows_them_and_sends_none()
    {
        await using var clinic = await Clinic.OpenAsync(Shop);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        clinic.Write("healing.yaml", $$"""
            targets:
            - name: movies
              connection: "{{Clinic.Cluster.ConnectionString(clinic.Database)}}"
              rules:
                foreign_keys: [{ from: reviews.movie_id, to: movies.id, on_orphan: quarantine }, { from: marks.review, to: votes.id, on_orphan: report, where: "review = 2" }]
            """);
        var before = await TableHash.OfDatabaseAsync(Clinic.Cluster, clinic.Database);

        var (code, text) = await RunAsync(clinic, "heal", "--target", "movies", "--dry-run");
        var (_, json) = await RunAsync(clinic, "heal", "--target", "movies", "--dry-run", "--format", "json");

        Assert.That(code, Is.EqualTo(2), text);
        Assert.That(text, Does.Contain("ALTER TABLE public.reviews ADD CONSTRAINT healing_twin_N FOREIGN KEY (movie_id) REFERENCES public.movies(id) NOT VALID").And.Contain("INSERT INTO healing_quarantine.rows").And.Contain("    @ctids: ("));
        Assert.That(text, Does.Contain("  asks: 1 row(s) point at rows that would go, by the rule public.marks(review)"));
        var plan = JsonNode.Parse(json)!["plans"]!.AsArray().Single(p => (string?)p!["repair"] == "quarantine_orphans")!;
        Assert.That((string?)plan["asks"], Does.StartWith("1 row(s) point at rows that would go"));
        Assert.That(plan["steps"]!.AsArray().Select(s => Brief((string)s!["statement"]!)), Has.Some.EqualTo("DELETE public.reviews, public.votes, public.ballots"));
        Assert.That(await TableHash.OfDatabaseAsync(Clinic.Cluster, clinic.Database), Is.EquivalentTo(before));
        Assert.That((await clinic.CountAsync("pg_namespace WHERE nspname = 'healing_quarantine'"), await clinic.CountAsync("pg_constraint WHERE conname LIKE 'healing%'")), Is.EqualTo((0L, 0L)));
    }

    private static async Task<RepairPlan> PlanAsync(Clinic clinic, Incident incident)
    {
        var plan = await new PlanPreview(new TargetSet([clinic.Target]), HealerFactory.Repairs(Clinic.Checks, Clinic.Limits)).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Steps, Is.Not.Empty, plan.Refuse ?? plan.Defer ?? plan.Nothing);
        return plan;
    }

    /// <summary>What was sent is what the plan said, but for the numbers that nobody knew then.</summary>
    private static async Task AssertSentAsync(Clinic clinic, Incident incident, RepairPlan plan)
    {
        clinic.ApproveAll = true;
        var healed = await clinic.HealAsync(incident);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        var attempt = (await clinic.Incidents.AttemptsAsync(incident.Id, CancellationToken.None))[^1];
        var sent = JsonNode.Parse(attempt.Statements!)!.AsArray().Select(s => Numberless((string)s!)).ToList();
        Assert.That(sent, Is.Not.Empty.And.SubsetOf(plan.Steps.Select(s => Numberless(s.Statement))));
    }

    private static string Numberless(string statement) => Numbers().Replace(Trailer().Replace(statement, ""), "$1#");

    /// <summary>What a statement does to which tables; that of a constraint as it is.</summary>
    private static string Brief(string statement) => statement switch
    {
        _ when statement.StartsWith("SELECT", StringComparison.Ordinal) => $"SELECT {First(statement)} SKIP LOCKED",
        _ when statement.StartsWith("INSERT INTO healing_quarantine.rows", StringComparison.Ordinal) => $"KEEP {First(statement)}",
        _ when statement.StartsWith("WITH gone", StringComparison.Ordinal) => $"MOVE {First(statement)}",
        _ when statement.StartsWith("WITH d0", StringComparison.Ordinal) || statement.StartsWith("DELETE", StringComparison.Ordinal) => $"DELETE {string.Join(", ", Deleted().Matches(statement).Select(m => m.Groups[1].Value))}",
        _ when statement.StartsWith("UPDATE", StringComparison.Ordinal) => $"UPDATE {First(statement)}",
        _ when statement.StartsWith("INSERT", StringComparison.Ordinal) => statement[..statement.IndexOf(" (", StringComparison.Ordinal)],
        _ => statement,
    };

    private static string First(string statement) => Only().Match(statement).Groups[1].Value;

    [GeneratedRegex(@"ONLY (\S+)", RegexOptions.None, 1000)]
    private static partial Regex Only();

    [GeneratedRegex(@"DELETE FROM ONLY (\S+)", RegexOptions.None, 1000)]
    private static partial Regex Deleted();

    [GeneratedRegex(@"(r\.(?:batch|part) OPERATOR\(pg_catalog\.=\) |vals\) SELECT )(?:@?\w+)(?:, @?\w+(?=, place))?", RegexOptions.None, 1000)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\n-- @places: .*$", RegexOptions.None, 1000)]
    private static partial Regex Trailer();

    private static async Task<(int Code, string Text)> RunAsync(Clinic clinic, params string[] args)
    {
        var (code, text, errors) = await CommandRun.OfAsync(clinic.Db, clinic.Options, [], args);
        return (code, text + errors);
    }
}
