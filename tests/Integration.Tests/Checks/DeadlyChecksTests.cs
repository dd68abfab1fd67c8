using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Checks of the data and of sequences over damage that a server does not survive, or does not come back from: on a server of its own.</summary>
[TestFixture, NonParallelizable, CancelAfter(600_000)]
internal sealed partial class DeadlyChecksTests
{
    private const string Database = "deadly";
    private const string Crash = "was terminated by signal 11";
    private PgCluster _cluster = null!;
    private Target _target = null!;
    private DirectoryInfo _rules = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _rules = Directory.CreateTempSubdirectory("healing-rules");
        await File.WriteAllTextAsync(Path.Combine(_rules.FullName, "deadly.sql"), "SELECT id FROM public.victim WHERE md5(note) = ''");
        await File.WriteAllTextAsync(Path.Combine(_rules.FullName, "fine.sql"), "SELECT 1 AS one");
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.CreateDatabaseAsync(Database);
        await _cluster.ExecuteAsync(Database,
            """
            CREATE TABLE parent (note text PRIMARY KEY);
            INSERT INTO parent VALUES (repeat('x', 200));
            CREATE TABLE victim (id int PRIMARY KEY CHECK (id > 0), note text REFERENCES parent CHECK (md5(note) <> ''));
            CREATE TABLE a_sound (id int PRIMARY KEY, note text CHECK (md5(note) <> ''), up int REFERENCES a_sound);
            CREATE TABLE z_sound (LIKE a_sound INCLUDING ALL, FOREIGN KEY (up) REFERENCES a_sound);
            CREATE TABLE z_beside (id int PRIMARY KEY, note text REFERENCES parent);
            INSERT INTO victim SELECT n, repeat('x', 200) FROM generate_series(1, 30) n;
            INSERT INTO a_sound SELECT n, 'x', n FROM generate_series(1, 100) n;
            INSERT INTO z_sound SELECT n, 'x', n FROM generate_series(1, 100) n;
            CREATE TABLE numbers (id serial PRIMARY KEY);
            INSERT INTO numbers SELECT FROM generate_series(1, 5000);
            """);
        await DeadlyReadTests.MakeDeadlyAsync(_cluster, Database);
        var options = new TargetOptions { Name = Database, Connection = _cluster.ConnectionString(Database) };
        foreach (var rule in new[] { "deadly", "fine" })
        {
            options.Rules.Sql.Add(new() { Name = rule, Query = Path.Combine(_rules.FullName, rule + ".sql") });
        }
        _target = new(options, TimeProvider.System);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _target.DisposeAsync();
        await _cluster.DisposeAsync();
        _rules.Delete(recursive: true);
    }

    [Test]
    public async Task A_check_of_constraints_brings_the_server_down_once_and_tests_the_other_tables()
    {
        var first = await TwiceAsync(new RowConstraintsCheck(), "public.victim");
        Assert.That(first.ExaminedNames, Does.Contain("public.a_sound").And.Contain("public.z_sound").And.Not.Contain("public.victim"));

        // and no other check that reads rows follows it there
        var crashes = Crashes();
        var known = KnownDamage.Of([first]);
        var other = await new ForeignKeysCheck().RunAsync(new(_target, CheckScope.All) { Known = known, Memory = new RememberedInMemory() }, default);
        Assert.That((other.Findings.Count, Crashes() - crashes), Is.EqualTo((0, 0)), other.Reason);
        Assert.That(other.Reason, Does.Contain("deadly to read"));
        Assert.That(other.ExaminedNames, Does.Contain("public.z_beside").And.Not.Contain("public.victim"));
    }

    [Test]
    public async Task A_search_for_orphans_brings_the_server_down_once_and_keeps_away_from_both_tables()
    {
        var report = await TwiceAsync(new ForeignKeysCheck(), "public.victim");
        Assert.That(report.Findings[0].Detail, Does.Contain("It reads public.parent too"));
        Assert.That(report.ExaminedNames, Does.Contain("public.a_sound").And.Contain("public.z_sound").And.Not.Contain("public.z_beside"), "what points at the same parent may do the same");
    }

    [Test]
    public async Task A_rule_that_brings_the_server_down_is_not_asked_again_and_the_others_are()
    {
        var report = await TwiceAsync(new SqlRulesCheck(), "rule deadly", others: 1);
        Assert.That(report.Findings.Select(f => f.Kind), Does.Contain(FindingKind.RuleViolated));
    }

    [Test]
    public async Task A_sequence_whose_column_nobody_comes_back_from_is_asked_once()
    {
        await new Damage(_cluster, Database).Index.CopyLeafAsync("numbers_pkey", -2, -1);
        _target.Forget();
        var memory = new RememberedInMemory();
        var report = await new SequencesCheck { Longest = TimeSpan.FromSeconds(2) }.RunAsync(new(_target, CheckScope.All) { Memory = memory }, default);
        try
        {
            Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.DeadlyRead, "public.numbers") }), report.Reason);
            Assert.That(report.ExaminedNames, Does.Not.Contain("public.numbers_id_seq"));
            var again = await new SequencesCheck().RunAsync(new(_target, CheckScope.All) { Memory = memory }, default);
            Assert.That(again.Findings.Single().Detail, Is.EqualTo(report.Findings[0].Detail), "it is not asked again");
        }
        finally
        {
            if (Backend().Match(report.Findings.Count > 0 ? report.Findings[0].Detail : "") is { Success: true } left)
            {
                ProcessTable.Send(int.Parse(left.Groups[1].ValueSpan, CultureInfo.InvariantCulture), Signal.Kill);
                await Poll.UntilAsync(_ => AnswersAsync(), TimeSpan.FromSeconds(60), "the server is back");
                _target.Forget();
            }
        }
    }

    /// <summary>The first run of two, of which the second does not read it any more.</summary>
    private async Task<CheckReport> TwiceAsync(ICheck check, string deadly, int others = 0)
    {
        var memory = new RememberedInMemory();
        var crashes = Crashes();
        CheckReport? first = null;
        foreach (var run in new[] { "the first", "the second" })
        {
            var report = await check.RunAsync(new(_target, CheckScope.All) { Memory = memory }, default);
            Assert.That(Crashes() - crashes, Is.EqualTo(1), $"{run}: {report.Reason}");
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged), report.Reason);
            var told = report.Findings.Where(f => f.Kind == FindingKind.DeadlyRead).ToList();
            Assert.That(told.Select(f => f.Object.Quoted), Is.EqualTo(new[] { deadly }), report.Reason);
            Assert.That(told[0].Detail, Does.StartWith($"the server crashed while the check {check.Description.Name} read it with SELECT"));
            Assert.That(report.Findings, Has.Count.EqualTo(1 + others), run);
            Assert.That(report.Reason, Does.Contain("fenced off, since reading it is deadly: " + deadly));
            Assert.That(check.Description.Kinds, Does.Contain(FindingKind.DeadlyRead));
            first ??= report;
        }
        return first!;
    }

    private int Crashes() => _cluster.Server.Log.Split(Crash).Length - 1;

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return await _cluster.ScalarAsync<int>(Database, "SELECT 1") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"the backend (\d+) did not react", RegexOptions.None, 1000)]
    private static partial Regex Backend();
}
