using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Damage that leaves bytes in a text which are no letters: it is told of, and no check breaks over it.</summary>
[TestFixture, NonParallelizable]
public sealed class BrokenTextTests
{
    private static PgCluster Cluster => CheckCluster.Cluster;
    private string _database = "";

    [SetUp]
    public async Task MakeAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await Cluster.ExecuteAsync(_database, """
            CREATE TABLE genres (name text PRIMARY KEY);
            INSERT INTO genres SELECT 'genre ' || n FROM generate_series(1, 50) n;
            CREATE TABLE tagged (id int PRIMARY KEY, genre text REFERENCES genres, about text);
            INSERT INTO tagged SELECT n, 'genre ' || n, '{"n": ' || n || '}' FROM generate_series(1, 50) n
            """);
        var damage = new Damage(Cluster, _database);
        await damage.Row.FlipInValueAsync("tagged", await damage.Row.FindAsync("tagged", "id = 7"), "genre", at: 2, mask: 0x80);
        await damage.Row.FlipInValueAsync("tagged", await damage.Row.FindAsync("tagged", "id = 9"), "about", at: 3, mask: 0x80);
    }

    [Test]
    public async Task An_orphan_whose_key_is_no_text_is_shown()
    {
        var report = await CheckCluster.RunAsync(new ForeignKeysCheck(), _database);
        var finding = report.Findings.Single(f => f.Object.Quoted == "public.tagged");
        Assert.That(finding.Evidence["samples"]!.ToJsonString(), Does.Contain("\\uFFFD"));
    }

    [Test]
    public async Task A_row_that_its_index_knows_otherwise_is_suspect()
    {
        await Cluster.ExecuteAsync(_database, "CREATE INDEX of_genre ON tagged (id, genre)");
        var damage = new Damage(Cluster, _database);
        await damage.Row.FlipInValueAsync("tagged", await damage.Row.FindAsync("tagged", "id = 21"), "genre", at: 1, mask: 0x80);
        var report = await CheckCluster.RunAsync(new BtreeCheck(), _database, CheckScope.OfTable(await CheckCluster.OidAsync(_database, "tagged")));
        var finding = report.Findings.Single();
        Assert.That(finding.Kind, Is.EqualTo(FindingKind.HeapValueSuspect));
        Assert.That(finding.Detail, Does.Contain("\uFFFD").And.Contain("genre 21"));
    }

    /// <summary>As amcheck did before 14.12, 15.7 and 16.3 of values that an index holds uncompressed.</summary>
    [Test]
    public async Task A_row_that_amcheck_misses_and_whose_entry_says_the_same_is_not_suspect()
    {
        await Cluster.ExecuteAsync(_database, "CREATE INDEX of_all ON tagged (id, (nullif(genre, 'genre 22'))) INCLUDE (about)");
        await using var target = CheckCluster.Target(_database);
        var request = new CheckRequest(target, CheckScope.All);
        var deadly = await DeadlyReads.OpenAsync(BtreeCheck.CheckName, request, await target.FactsAsync(CancellationToken.None), CancellationToken.None);
        var index = new BtreeIndex(await CheckCluster.OidAsync(_database, "of_all"), "public.of_all", await CheckCluster.OidAsync(_database, "tagged"), "public.tagged", 1, false, false, false, false);
        async Task<BtreeVerdict?> AskAsync(int id)
        {
            var row = await Cluster.ScalarAsync<string>(_database, "SELECT ctid::text FROM tagged WHERE id = @id", new { id });
            var said = new PostgresException($"heap tuple {row} from table \"tagged\" lacks matching index tuple within index \"of_all\"", "ERROR", "ERROR", SqlState.IndexCorrupted);
            return await new SuspectValue(request, deadly).OfAsync(new(index, BtreeOutcome.Damaged, said.MessageText, FindingKind.BtreeCorrupt, index.Name, said), CancellationToken.None);
        }
        Assert.That(await AskAsync(21), Is.Null);
        Assert.That(await AskAsync(22), Is.Null, "a NULL");
        var damage = new Damage(Cluster, _database);
        await damage.Row.FlipInValueAsync("tagged", await damage.Row.FindAsync("tagged", "id = 21"), "about", at: 1);
        Assert.That((await AskAsync(21))?.Kind, Is.EqualTo(FindingKind.HeapValueSuspect), "in a column that is only carried along");
    }

    [Test]
    public async Task A_value_that_is_no_text_is_not_judged_as_JSON()
    {
        var schema = Path.Combine(Cluster.SocketDirectory, "shape.json");
        await File.WriteAllTextAsync(schema, """{ "type": "object" }""");
        await using var target = new Target(new TargetOptions
        {
            Name = _database,
            Connection = Cluster.ConnectionString(_database),
            Rules = { Json = { new JsonRule { Column = ColumnList.Parse("tagged.about"), Schema = schema } } },
        }, TimeProvider.System);
        var report = await new JsonCheck().RunAsync(new(target, CheckScope.All), CancellationToken.None);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Reason, Does.Contain("1 value(s)").And.Contain("of bytes that are no text"));
    }
}
