using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Others create, fill, alter, empty, rewrite and drop while a check looks: it neither fails nor finds anything.</summary>
[TestFixture, NonParallelizable]
public sealed class AlteredMeanwhileTests
{
    private static readonly HashSet<string> NotHere = ["standbys", "standby_rows"];
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    private static readonly string[] Storms =
    [
        """
        CREATE TABLE come_{0} (id serial PRIMARY KEY, name text UNIQUE CHECK (name <> ''), parent int REFERENCES stays (id), list int[], place point);
        INSERT INTO come_{0} (name, parent, list, place) SELECT 'n' || i, 1 + i % 50, ARRAY[i], point(i, i) FROM generate_series(1, 300) i;
        CREATE INDEX ON come_{0} USING gin (list); CREATE INDEX ON come_{0} USING gist (place); CREATE INDEX ON come_{0} USING brin (id); CREATE INDEX ON come_{0} USING hash (name);
        ALTER TABLE come_{0} RENAME COLUMN name TO title;
        DROP TABLE IF EXISTS come_{1};
        """,
        """
        TRUNCATE emptied; INSERT INTO emptied SELECT i, repeat('x', 300) FROM generate_series(1, 2000) i;
        ALTER TABLE altered ADD COLUMN c_{0} int NOT NULL DEFAULT 1 CHECK (c_{0} > 0); UPDATE altered SET c_{0} = 2; ALTER TABLE altered DROP COLUMN IF EXISTS c_{1};
        DROP INDEX IF EXISTS altered_a; CREATE UNIQUE INDEX altered_a ON altered (a) WHERE a > {0};
        ALTER TABLE altered ALTER a TYPE bigint; ALTER TABLE altered ALTER a TYPE int;
        REINDEX TABLE emptied; DELETE FROM emptied WHERE id % 3 = 0; VACUUM FULL emptied; DELETE FROM emptied WHERE id > 100; VACUUM emptied;
        """,
    ];

    private static IEnumerable<ICheck> Checks => CheckCatalogue.All.Where(c => c.Description.Ground == Ground.Live && !NotHere.Contains(c.Description.Name) && c.Description.FirstMajor <= 15);

    private string _database = "";
    private CancellationTokenSource _stop = new();
    private Task _storms = Task.CompletedTask;

    [OneTimeSetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(_database, """
            CREATE EXTENSION pg_visibility;
            CREATE TABLE stays (id int PRIMARY KEY); INSERT INTO stays SELECT generate_series(1, 50);
            CREATE TABLE emptied (id int PRIMARY KEY, long text); CREATE INDEX ON emptied USING hash (id); CREATE INDEX ON emptied USING brin (id);
            CREATE TABLE altered (id int PRIMARY KEY, a int); INSERT INTO altered SELECT i, i FROM generate_series(1, 500) i;
            """);
        _storms = Task.WhenAll(Storms.Select(s => Task.Run(() => StormAsync(s, _stop.Token))));
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        await _stop.CancelAsync();
        await _storms;
        _stop.Dispose();
    }

    [TestCaseSource(nameof(Checks))]
    public async Task It_neither_fails_nor_finds_anything(ICheck check)
    {
        await using var target = new Target(new TargetOptions { Name = _database, Connection = CheckCluster.Cluster.ConnectionString(_database), DataDirectory = CheckCluster.Cluster.DataDirectory }, TimeProvider.System);
        var (runs, held) = (0, 0);
        for (var began = TimeProvider.System.GetTimestamp(); runs == 0 || TimeProvider.System.GetElapsedTime(began) < Time; runs++)
        {
            var report = await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
            if (report.Reason?.Contains("somebody holds a lock on it", StringComparison.Ordinal) == true && held++ == 0)
            {
                // a machine that stands still while a storm has its lock
                continue;
            }
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), $"run {runs}: {report.Reason}; {string.Join("; ", report.Findings.Select(f => $"{f.Kind.Name} {f.Object} {f.Detail}"))}");
            Assert.That(report.Findings.Where(f => f.Severity > Severity.Info), Is.Empty);
        }
        Assert.That(_storms.IsCompleted, Is.False, "nobody altered anything");
    }

    private async Task StormAsync(string storm, CancellationToken stop)
    {
        await using var connection = await CheckCluster.Cluster.OpenAsync(_database, ct: CancellationToken.None);
        for (var round = 3; !stop.IsCancellationRequested; round++)
        {
            foreach (var statement in storm.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                await using var command = new NpgsqlCommand(statement.Replace("{0}", $"{round}", StringComparison.Ordinal).Replace("{1}", $"{round - 2}", StringComparison.Ordinal), connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }
}
