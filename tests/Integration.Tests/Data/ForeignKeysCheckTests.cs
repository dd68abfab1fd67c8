using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

[TestFixture]
public sealed class ForeignKeysCheckTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY, code varchar(10) UNIQUE);
        INSERT INTO movies SELECT i, 'm' || i FROM generate_series(1, 100) i;
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id bigint REFERENCES movies (id));
        INSERT INTO reviews SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
        INSERT INTO reviews VALUES (2000, NULL);
        """;

    private static readonly ForeignKeysCheck Check = new();

    [Test]
    public async Task Sound_keys_are_clean()
    {
        var database = await DataServer.DatabaseAsync(Shop);
        var report = await DataServer.RunAsync(Check, database);
        Assert.That((report.Status, report.Reason), Is.EqualTo((CheckStatus.Clean, (string?)null)));
        Assert.That(report.ExaminedNames, Is.EqualTo(new[] { "public.reviews" }));
        Assert.That(report.Observations["orphans"], Is.Zero);
    }

    [TestCase(Impact.High)]
    [TestCase(Impact.Normal)]
    public async Task Orphans_are_counted_and_shown(Impact impact)
    {
        var database = await DataServer.DatabaseAsync(Shop);
        await DataServer.BehindTheKeysAsync(database, "DELETE FROM movies WHERE id IN (3, 4, 5)");
        var report = await DataServer.RunAsync(Check, database, throttle: new(impact, TimeProvider.System));
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged), report.Reason);
        var finding = report.Findings.Single();
        Assert.Multiple(() =>
        {
            Assert.That((finding.Kind, finding.Object.Quoted, finding.Repair, finding.Risk), Is.EqualTo((FindingKind.OrphanRows, "public.reviews", "quarantine_orphans", (RiskClass?)RiskClass.Quarantining)));
            Assert.That((long)finding.Evidence["count"]!, Is.EqualTo(30));
            Assert.That((string?)finding.Evidence["constraint"], Is.EqualTo("reviews_movie_id_fkey"));
            Assert.That(finding.Evidence["samples"]!.AsArray(), Has.Count.EqualTo(20));
            Assert.That(finding.Evidence["samples"]!.AsArray().Select(s => (string?)s!["row"]!["movie_id"]).Distinct(), Is.SubsetOf(new[] { "3", "4", "5" }));
            Assert.That(report.Observations["orphans"], Is.EqualTo(30));
        });
    }

    [Test]
    public async Task A_set_null_key_is_nullified_and_a_rule_decides_otherwise()
    {
        var database = await DataServer.DatabaseAsync(Shop + "ALTER TABLE reviews DROP CONSTRAINT reviews_movie_id_fkey, ADD FOREIGN KEY (movie_id) REFERENCES movies ON DELETE SET NULL");
        await DataServer.BehindTheKeysAsync(database, "DELETE FROM movies WHERE id = 3");
        async Task<(string?, bool)> SaidAsync(Action<RulesOptions>? rules) =>
            (await DataServer.RunAsync(Check, database, rules)).Findings.Single() is var f ? (f.Repair, (bool)f.Evidence["declared"]!) : default;
        Assert.That(await SaidAsync(null), Is.EqualTo(("nullify_orphans", false)));
        Assert.That(await SaidAsync(r => r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id"))), Is.EqualTo(("quarantine_orphans", true)));
        Assert.That(await SaidAsync(r => r.ForeignKeys.Add(DataServer.Points("public.reviews.movie_id", "movies.id", RuleAction.Report))), Is.EqualTo(((string?)null, true)));
    }

    [TestCase("movies", "reviews", "movies", "DELETE FROM movies WHERE id = 3")]
    [TestCase("reviews", "reviews", "movies", "DELETE FROM movies WHERE id = 3")]
    [TestCase("years_of_old", "of_years", "years", "INSERT INTO of_years VALUES (3)")]
    [TestCase("years", "of_years_of_old", "years_of_old", "INSERT INTO of_years_of_old VALUES (4)")]
    public async Task What_comes_from_a_subscription_is_only_told(string subscribed, string child, string parent, string damage)
    {
        const string Years = """
            CREATE TABLE years (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE years_of_old PARTITION OF years DEFAULT;
            CREATE TABLE of_years (year int REFERENCES years); CREATE TABLE of_years_of_old (year int REFERENCES years_of_old);
            """;
        var database = await DataServer.DatabaseAsync(Shop + Years + "CREATE SUBSCRIPTION elsewhere CONNECTION 'host=/nowhere dbname=none' PUBLICATION theirs WITH (connect = false, slot_name = NONE, enabled = false)");
        try
        {
            await DataServer.BehindTheKeysAsync(database, $"INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, '{subscribed}'::regclass, 'r' FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()); {damage}");
            var finding = (await DataServer.RunAsync(Check, database, r => r.ForeignKeys.Add(DataServer.Points(child == "reviews" ? "reviews.movie_id" : $"{child}.year", $"{parent}.id")))).Findings.Single();
            Assert.That((finding.Kind, finding.Repair, finding.Risk), Is.EqualTo((FindingKind.OrphanRows, (string?)null, (RiskClass?)null)));
            Assert.That(finding.Detail, Does.Contain("come from a subscription"));
        }
        finally
        {
            await DataServer.Cluster.ExecuteAsync(database, "DROP SUBSCRIPTION elsewhere");
        }
    }

    [TestCase("ALTER TABLE reviews DROP CONSTRAINT reviews_movie_id_fkey; DELETE FROM movies WHERE id = 3; ALTER TABLE reviews ADD FOREIGN KEY (movie_id) REFERENCES movies NOT VALID", TestName = "NOT VALID is by design")]
    [TestCase("CREATE TABLE full_key (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE f (a int, b int, FOREIGN KEY (a, b) REFERENCES full_key MATCH FULL); INSERT INTO f VALUES (NULL, NULL)", TestName = "all null under MATCH FULL")]
    [TestCase("CREATE TABLE two (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE s (a int, b int, FOREIGN KEY (a, b) REFERENCES two); INSERT INTO s VALUES (1, NULL), (NULL, 7)", TestName = "some null under MATCH SIMPLE")]
    [TestCase("CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree); INSERT INTO tree VALUES (1, 1), (2, 1), (3, NULL)", TestName = "pointing at itself")]
    [TestCase("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT generate_series(1, 20); CREATE TABLE c (id int, p int REFERENCES p) PARTITION BY HASH (id); CREATE TABLE c1 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE c2 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO c SELECT i, i FROM generate_series(1, 20) i", TestName = "partitions on both sides")]
    [TestCase("CREATE TABLE v (m text REFERENCES movies (code)); INSERT INTO v SELECT code FROM movies; CREATE DOMAIN d AS int; CREATE TABLE w (m d REFERENCES movies (id)); INSERT INTO w VALUES (5)", TestName = "other types than the parent's")]
    [TestCase("CREATE COLLATION other (provider = icu, locale = 'de'); CREATE TABLE x (m text COLLATE other REFERENCES movies (code)); INSERT INTO x SELECT code FROM movies", TestName = "another collation than the parent's")]
    [TestCase("CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE n (code text COLLATE blind PRIMARY KEY); INSERT INTO n VALUES ('ABC'); CREATE TABLE m (code text COLLATE blind REFERENCES n); INSERT INTO m VALUES ('abc')", TestName = "equal though not the same")]
    [TestCase("CREATE TABLE base (id int PRIMARY KEY); CREATE TABLE heir () INHERITS (base); INSERT INTO base VALUES (1); INSERT INTO heir VALUES (7); CREATE TABLE k (b int REFERENCES base); CREATE TABLE k_heir () INHERITS (k); INSERT INTO k VALUES (1); INSERT INTO k_heir VALUES (99)", TestName = "heirs are not bound")]
    public async Task Healthy_things_that_look_sick(string sql)
    {
        var database = await DataServer.DatabaseAsync(Shop + sql);
        var report = await DataServer.RunAsync(Check, database);
        Assert.That(report.Findings.Select(f => f.Detail), Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
    }

    [TestCase("CREATE TABLE full_key (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE f (a int, b int, FOREIGN KEY (a, b) REFERENCES full_key MATCH FULL)", "INSERT INTO f VALUES (1, NULL), (NULL, NULL)", 1)]
    [TestCase("CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree)", "INSERT INTO tree VALUES (1, 9), (2, 1)", 1)]
    [TestCase("CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p SELECT generate_series(1, 20); CREATE TABLE c (id int, p int REFERENCES p) PARTITION BY HASH (id); CREATE TABLE c1 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE c2 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO c SELECT i, i FROM generate_series(1, 20) i", "DELETE FROM p WHERE id IN (2, 15)", 2)]
    [TestCase("""CREATE SCHEMA "we""ird; DROP TABLE x--"; CREATE TABLE "we""ird; DROP TABLE x--"."p'" ("Id%" int PRIMARY KEY); CREATE TABLE "we""ird; DROP TABLE x--"."c""{0}" ("Ref'" int CONSTRAINT "k""ey" REFERENCES "we""ird; DROP TABLE x--"."p'")""", """INSERT INTO "we""ird; DROP TABLE x--"."c""{0}" VALUES (7)""", 1)]
    public async Task Orphans_of_each_shape(string sql, string damage, int count)
    {
        var database = await DataServer.DatabaseAsync(sql);
        await DataServer.BehindTheKeysAsync(database, damage);
        var report = await DataServer.RunAsync(Check, database);
        Assert.That(report.Findings.Select(f => (long)f.Evidence["count"]!), Is.EqualTo(new[] { (long)count }), report.Reason);
    }

    [Test]
    public async Task Rows_of_an_open_transaction_with_a_deferred_key_are_no_orphans()
    {
        var database = await DataServer.DatabaseAsync(Shop + "ALTER TABLE reviews ALTER CONSTRAINT reviews_movie_id_fkey DEFERRABLE INITIALLY DEFERRED");
        await using var session = await DataServer.Cluster.OpenAsync(database);
        await using var transaction = await session.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("INSERT INTO reviews VALUES (5000, 777)", session);
        await insert.ExecuteNonQueryAsync();
        Assert.That((await DataServer.RunAsync(Check, database)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_soft_key_is_a_rules_and_soft_deleted_rows_are_left_alone()
    {
        var database = await DataServer.DatabaseAsync("CREATE TABLE a (id bigint PRIMARY KEY); INSERT INTO a VALUES (1); CREATE TABLE b (id int, a int, deleted_at timestamptz); INSERT INTO b VALUES (1, 1, NULL), (2, 2, now()), (3, NULL, NULL), (4, 4, NULL)");
        Assert.That((await DataServer.RunAsync(Check, database)).Findings, Is.Empty);
        var report = await DataServer.RunAsync(Check, database, r => r.ForeignKeys.Add(DataServer.Points("b.a", "a.id", where: "deleted_at IS NULL -- only these")));
        Assert.That(report.Findings.Single().Evidence["samples"]!.AsArray().Select(s => (string?)s!["row"]!["a"]), Is.EqualTo(new[] { "4" }), report.Reason);
    }

    [Test]
    public async Task A_rule_that_cannot_be_asked_is_told_and_hides_nothing()
    {
        var database = await DataServer.DatabaseAsync(Shop + "CREATE VIEW seen AS SELECT * FROM movies");
        await DataServer.BehindTheKeysAsync(database, "DELETE FROM movies WHERE id = 3");
        var report = await DataServer.RunAsync(Check, database, r =>
        {
            r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "nowhere.id"));
            r.ForeignKeys.Add(DataServer.Points("reviews.film", "movies.id"));
            r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.code"));
            r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "seen.id"));
        });
        Assert.That(report.Findings, Has.Count.EqualTo(1), report.Reason);
        Assert.That(report.Reason, Does.Contain("there is no table nowhere").And.Contain("has not the columns reviews.film").And.Contain("types cannot be compared").And.Contain("public.seen is no table"));
    }

    [Test]
    public async Task A_corrupt_index_makes_no_orphans()
    {
        var database = await DataServer.DatabaseAsync(Shop + "INSERT INTO movies SELECT i, 'm' || i FROM generate_series(101, 5000) i");
        await new Damage(DataServer.Cluster, database).Index.ZeroLeafAsync("movies_pkey");
        var report = await DataServer.RunAsync(Check, database);
        Assert.That((report.Status, report.Findings.Count), Is.EqualTo((CheckStatus.Clean, 0)), report.Reason);
    }

    [Test]
    public async Task A_parent_that_lost_rows_is_told_and_the_child_is_left_alone()
    {
        var database = await DataServer.DatabaseAsync(Shop);
        await DataServer.Cluster.ExecuteAsync(database, "VACUUM movies");
        await new Damage(DataServer.Cluster, database).Heap.ZeroPageAsync("movies", 0);
        var report = await DataServer.RunAsync(Check, database);
        var finding = report.Findings.Single();
        Assert.That((finding.Repair, finding.Severity), Is.EqualTo(((string?)null, Severity.Critical)));
        Assert.That(finding.Detail, Does.Contain("public.movies has lost rows"));
    }

    [Test]
    public async Task Row_security_makes_no_orphans()
    {
        var database = await DataServer.DatabaseAsync(Shop + "ALTER TABLE movies ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON movies USING (id < 50)");
        await DataServer.Cluster.ExecuteAsync(database, $"CREATE ROLE reader_{database} LOGIN IN ROLE pg_read_all_data");
        var report = await DataServer.RunAsync(Check, database, user: $"reader_{database}");
        Assert.That((report.Status, report.Findings.Count), Is.EqualTo((CheckStatus.Unavailable, 0)));
        Assert.That(report.Reason, Does.Contain("row-level security"));
        Assert.That(report.Examined, Is.Empty);
    }

    [Test]
    public async Task One_table_alone()
    {
        var database = await DataServer.DatabaseAsync(Shop + "CREATE TABLE other (m int REFERENCES movies)");
        await DataServer.BehindTheKeysAsync(database, "DELETE FROM movies WHERE id = 3; INSERT INTO other VALUES (888)");
        var other = await DataServer.Cluster.ScalarAsync<long>(database, "SELECT 'other'::regclass::oid::bigint");
        Assert.That((await DataServer.RunAsync(Check, database, scope: CheckScope.OfTable(other))).Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.other" }));
    }
}
