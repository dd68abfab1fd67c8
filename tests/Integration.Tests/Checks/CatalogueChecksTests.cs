using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
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
