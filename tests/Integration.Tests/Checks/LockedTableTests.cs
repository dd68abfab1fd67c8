using System.Diagnostics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>One table is held by somebody for himself alone: every check says so of it, and looks at all the others.</summary>
[TestFixture, NonParallelizable]
public sealed class LockedTableTests
{
    private const string Held = "public.\"he\"\"ld; DROP TABLE x--\"";
    /// <summary>A lock is waited for 2 s, once or twice for one table, never once for each of its indexes and promises.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(12);

    private static readonly HashSet<string> OnOtherGround = ["btree_parent", "unique_index", "gin", "standbys", "standby_rows", "allowed_values", "json", "sql_rules"];
    private string _database = "";
    private NpgsqlConnection? _holder;

    private static IEnumerable<ICheck> Checks => CheckCatalogue.All.Where(c => c.Description.Ground == Ground.Live && !OnOtherGround.Contains(c.Description.Name) && c.Description.FirstMajor <= 15);

    [OneTimeSetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(_database, $"""
            CREATE EXTENSION pg_visibility;
            CREATE TABLE {Held} (id serial PRIMARY KEY, a int UNIQUE CHECK (a > 0), b int UNIQUE CHECK (b > 0), c int UNIQUE CHECK (c > 0), d text NOT NULL, e text NOT NULL);
            INSERT INTO {Held} (a, b, c, d, e) SELECT i, i, i, 'd', 'e' FROM generate_series(1, 100) i;
            CREATE INDEX ON {Held} (lower(d)) WHERE a > 1;
            ALTER TABLE {Held} ADD CONSTRAINT later CHECK (id > 0) NOT VALID;
            CREATE TABLE free (id serial PRIMARY KEY, a int UNIQUE CHECK (a > 0), held int REFERENCES {Held});
            INSERT INTO free (a) SELECT generate_series(1, 100);
            CREATE TABLE broken (id int);
            INSERT INTO broken VALUES (1), (1);
            ALTER TABLE free ADD CONSTRAINT free_later CHECK (id > 0) NOT VALID;
            """);
        _holder = await CheckCluster.Cluster.OpenAsync(_database);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_holder is not null)
        {
            await _holder.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Checks))]
    public async Task What_others_hold_hides_nothing_else(ICheck check)
    {
        await using var target = new Target(new TargetOptions { Name = _database, Connection = CheckCluster.Cluster.ConnectionString(_database), DataDirectory = CheckCluster.Cluster.DataDirectory }, TimeProvider.System);
        var before = await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
        Assert.That(before.Status, Is.Not.EqualTo(CheckStatus.Failed).And.Not.EqualTo(CheckStatus.Unavailable), before.Reason);
        var ofHeld = await CheckCluster.Cluster.QueryAsync<long>(_database,
            $"SELECT oid::bigint FROM pg_class WHERE oid = '{Held}'::regclass UNION SELECT indexrelid::bigint FROM pg_index WHERE indrelid = '{Held}'::regclass UNION SELECT reltoastrelid::bigint FROM pg_class WHERE oid = '{Held}'::regclass");

        var (after, took) = await LookAsync();
        if (took >= Longest)
        {
            // the machine may have stood still; who waits for each index anew takes as long again
            (after, took) = await LookAsync();
        }
        Assert.That(after.Examined, Is.SupersetOf(before.Examined.Except(ofHeld).Except(await PointingAsync(check))), $"{after.Status} {after.Reason}");
        Assert.That(after.Findings.Where(f => f.Object.Quoted != Held).Select(f => (f.Kind, f.Object)), Is.EqualTo(before.Findings.Where(f => f.Object.Quoted != Held).Select(f => (f.Kind, f.Object))));
        Assert.That(took, Is.LessThan(Longest), after.Reason);
        if (before.Examined.Intersect(ofHeld).Except(after.Examined).Any())
        {
            Assert.That(after.Reason, Does.Contain("DROP TABLE x--").And.Contains("somebody holds a lock on it that excludes readers"), "nobody is told");
        }

        Task<(CheckReport Result, TimeSpan Took)> LookAsync() => WhileHeldAsync(async () => await check.RunAsync(new(target, CheckScope.All), CancellationToken.None));
    }

    [Test]
    public async Task Primary_keys_of_others_are_still_chosen_for_the_health_check()
    {
        await using var target = CheckCluster.Target(_database);
        var control = $"ledger_{_database}";
        await CheckCluster.Cluster.CreateDatabaseAsync(control);
        await new Migrator(CheckCluster.Cluster.ConnectionString(control), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        await using var db = new LedgerDb(CheckCluster.Cluster.ConnectionString(control));
        var facts = await target.FactsAsync(CancellationToken.None);
        await new IncidentLedger(db).RegisterTargetAsync(target.Name, facts, CancellationToken.None);
        var (chosen, _) = await WhileHeldAsync(() => new CriticalIndexes(new HealingOptions(), new CheckMemory(db)).ChooseAsync(target, facts.Id, static _ => { }, CancellationToken.None));
        Assert.That(chosen, Does.Contain(await CheckCluster.OidAsync(_database, "free_pkey")));
        Assert.That(chosen, Does.Not.Contain(await CheckCluster.Cluster.ScalarAsync<long>(_database, $"SELECT indexrelid::bigint FROM pg_index WHERE indrelid = '{Held}'::regclass AND indisprimary")));
    }

    /// <summary>What cannot be looked at without the table that is held: the other side of a foreign key, a sequence that numbers it.</summary>
    private async Task<IReadOnlyList<long>> PointingAsync(ICheck check) => check is ForeignKeysCheck ? [await CheckCluster.OidAsync(_database, "free")] : [];

    private async Task<(T Result, TimeSpan Took)> WhileHeldAsync<T>(Func<Task<T>> work)
    {
        await using var transaction = await _holder!.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand($"LOCK TABLE {Held} IN ACCESS EXCLUSIVE MODE", _holder))
        {
            await command.ExecuteNonQueryAsync();
        }
        var clock = Stopwatch.StartNew();
        return (await work(), clock.Elapsed);
    }
}
