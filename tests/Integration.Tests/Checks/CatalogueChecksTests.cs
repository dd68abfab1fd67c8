using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Constraints, triggers and libraries.</summary>
[TestFixture, NonParallelizable]
public sealed class CatalogueChecksTests
{
    private string _database = "";

    [SetUp]
    public async Task CreateAsync() => _database = await CheckCluster.MoviesAsync();

    [TestCase("ALTER TABLE casts DISABLE TRIGGER ALL", "foreign_key_disabled", Severity.Warning, "public.casts")]
    [TestCase("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int, CONSTRAINT \"we\"\"ird\" FOREIGN KEY (id) REFERENCES p); ALTER TABLE p DISABLE TRIGGER ALL", "foreign_key_disabled", Severity.Warning, "public.c")]
    [TestCase("CREATE TABLE k (id int, CONSTRAINT later UNIQUE (id) DEFERRABLE); ALTER TABLE k DISABLE TRIGGER ALL", "key_disabled", Severity.Warning, "public.k")]
    [TestCase("CREATE TABLE k (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, EXCLUDE USING hash (id WITH =) DEFERRABLE); ALTER TABLE k DISABLE TRIGGER ALL", "key_disabled", Severity.Warning, "public.k")]
    [TestCase("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER mine BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION nothing(); ALTER TABLE people DISABLE TRIGGER mine", "trigger_disabled", Severity.Info, "public.people")]
    [TestCase("CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch(); ALTER EVENT TRIGGER watching DISABLE", "trigger_disabled", Severity.Info, null)]
    [TestCase("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database()); END $$", "replica_role", Severity.Warning, null)]
    [TestCase("DO $$ BEGIN EXECUTE format('ALTER ROLE postgres IN DATABASE %I SET session_replication_role = replica', current_database()); END $$", "replica_role", Severity.Info, null)]
    public async Task What_is_switched_off(string done, string kind, Severity severity, string? on)
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, done);
        var report = await CheckCluster.RunAsync(new TriggersCheck(), _database);
        Assert.That(report.Findings, Is.Not.Empty.And.All.Matches<Finding>(f => f!.Kind.Name == kind && f.Severity == severity && f.Repair is null), report.Reason);
        Assert.That(report.Findings[0].Object.Quoted, Is.EqualTo(on ?? _database));
        Assert.That(report.Status, Is.EqualTo(severity == Severity.Info ? CheckStatus.Clean : CheckStatus.Damaged));
        Assert.That(report.Examined, Is.SupersetOf(report.Findings.Where(f => f.Severity > Severity.Info).Select(f => f.Object.Oid).Distinct()));
    }

    [Test]
    public async Task Sound_triggers_libraries_and_constraints_are_clean()
    {
        foreach (var check in new ICheck[] { new TriggersCheck(), new LibrariesCheck(), new ConstraintsCheck(), new AgeCheck() })
        {
            var report = await CheckCluster.RunAsync(check, _database);
            Assert.That((report.Status, report.Findings.Count), Is.EqualTo((CheckStatus.Clean, 0)), $"{check.Description.Name}: {report.Reason}");
        }
    }

    [Test]
    public async Task A_constraint_that_is_not_valid_is_named_and_is_no_damage()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "ALTER TABLE movies ADD CONSTRAINT \"la ter\" CHECK (year > 1800) NOT VALID; ALTER TABLE casts ADD CONSTRAINT once FOREIGN KEY (movie_id) REFERENCES movies NOT VALID");
        var report = await CheckCluster.RunAsync(new ConstraintsCheck(), _database);
        Assert.That(report.Findings.Select(f => (f.Object.Quoted, f.Kind, f.Severity)), Is.EquivalentTo(new[]
        {
            ("public.movies", FindingKind.ConstraintNotValid, Severity.Info), ("public.casts", FindingKind.ConstraintNotValid, Severity.Info),
        }));
        Assert.That(report.Findings.Select(f => f.Detail), Has.Some.Contain("\"la ter\""));
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task With_its_recheck_switched_off_a_deferrable_key_lets_duplicates_in()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE TABLE k (id int, CONSTRAINT later UNIQUE (id) DEFERRABLE)");
        Assert.That((await CheckCluster.RunAsync(new TriggersCheck(), _database)).Findings, Is.Empty);
        await CheckCluster.Cluster.ExecuteAsync(_database, "ALTER TABLE k DISABLE TRIGGER ALL; INSERT INTO k VALUES (1), (1)");
        var finding = (await CheckCluster.RunAsync(new TriggersCheck(), _database)).Findings.Single();
        Assert.That(finding.Detail, Does.StartWith("the deferrable unique constraint later is off"));
        Assert.That((await CheckCluster.RunAsync(new DuplicateKeysCheck(), _database)).Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.later" }));
    }

    [Test]
    public async Task What_is_not_enforced_is_not_called_not_valid()
    {
        if (PgBinaries.All().FirstOrDefault(b => b.Major >= 18) is not { } binaries)
        {
            Assert.Ignore("NOT ENFORCED came with 18.");
            return;
        }
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Binaries = binaries });
        await cluster.CreateDatabaseAsync("lax");
        await cluster.ExecuteAsync("lax", "CREATE TABLE t (a int, CONSTRAINT never CHECK (a > 0) NOT ENFORCED); ALTER TABLE t ADD CONSTRAINT later CHECK (a > 1) NOT VALID");
        await using var target = new Target(new TargetOptions { Name = "lax", Connection = cluster.ConnectionString("lax") }, TimeProvider.System);
        var report = await new ConstraintsCheck().RunAsync(new(target, CheckScope.All), CancellationToken.None);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        Assert.That(report.Findings.Select(f => f.Detail.Split(", ")[0].Split(": ")[0]), Is.EqualTo(new[]
        {
            "later (CHECK ((a > 1)) NOT VALID) was added NOT VALID", "never (CHECK ((a > 0)) NOT ENFORCED) is NOT ENFORCED",
        }));
    }

    [TestCase("$libdir/gone", true)]
    [TestCase("gone_too", true)]
    [TestCase("/nowhere/it_is", true)]
    [TestCase("fuzzystrmatch", false)]
    public async Task A_library_that_the_server_has_not_got(string library, bool missing)
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, $"CREATE EXTENSION fuzzystrmatch; UPDATE pg_proc SET probin = '{library}' WHERE proname = 'soundex'");
        var report = await CheckCluster.RunAsync(new LibrariesCheck(), _database);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Severity)), missing ? Is.EqualTo(new[] { (FindingKind.LibraryMissing, Severity.Warning) }) : Is.Empty, report.Reason);
        Assert.That(missing ? report.Findings[0].Detail : "soundex", Does.Contain("soundex"));
    }

    [TestCase(null, Severity.Info)]
    [TestCase("sees_no_files", Severity.Warning)]
    public async Task An_extension_that_the_server_no_longer_offers(string? role, Severity severity)
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE EXTENSION fuzzystrmatch; UPDATE pg_extension SET extname = 'left behind' WHERE extname = 'fuzzystrmatch'; DO $$ BEGIN CREATE ROLE sees_no_files LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        var report = await CheckCluster.RunAsync(new LibrariesCheck(), _database, user: role);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Severity)), Is.EqualTo(new[] { (FindingKind.LibraryMissing, severity) }), report.Reason);
        Assert.That(report.Findings[0].Detail, Does.Contain("\"left behind\""));
    }
}
