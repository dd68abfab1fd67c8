using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A ledger and a damaged movies database on one server, with a healer that is put together as in a worker.</summary>
internal sealed class Hospital : IAsyncDisposable
{
    private static readonly SemaphoreSlim One = new(1, 1);
    private static int _databases;
    private static PgCluster? _cluster;
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-tests-");

    private Hospital(string database, LedgerDb db, Target target, HealingOptions options) => (Database, Db, Target, Options) = (database, db, target, options);

    public static PgCluster Cluster => _cluster!;
    public string Database { get; }
    public LedgerDb Db { get; }
    public string LedgerDatabase => new Npgsql.NpgsqlConnectionStringBuilder(Db.ConnectionString).Database!;
    public Target Target { get; }
    public HealingOptions Options { get; }
    public BtreeProbe Probe { get; } = new();
    /// <summary>The product's own check of B-trees in place of the probe.</summary>
    public bool RealChecks { get; init; }
    public TimeProvider Clock { get; set; } = TimeProvider.System;
    public IReadOnlyList<ICheck> Checks => [RealChecks ? new BtreeCheck() : Probe, new LeftoversCheck(), new CollationCheck(), new SequencesCheck(), new HeapCheck(), new VisibilityCheck(), new RowBitsCheck(), new CountsCheck(), new DuplicateKeysCheck()];
    public Damage Damage => new(Cluster, Database);
    public RepairLimits Limits { get; set; } = new() { LockTimeout = TimeSpan.FromMilliseconds(300), LockTries = 2, LockBackoff = TimeSpan.FromMilliseconds(50) };
    public FaultInjector Faults { get; set; } = FaultInjector.None;
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);
    public Func<string, long>? FreeSpace { get; set; }

    /// <param name="copies">Copies of the whole server before a repair that wants one: every database of all these tests is on it, so that they take long.</param>
    public static async Task<Hospital> OpenAsync(int rows = MoviesSchema.DefaultRows, Action<TargetOptions>? adjust = null, bool realChecks = false, bool copies = false)
    {
        await One.WaitAsync();
        try
        {
            _cluster ??= await PgCluster.StartNewAsync();
        }
        finally
        {
            One.Release();
        }
        var number = Interlocked.Increment(ref _databases);
        var database = $"patient{number}";
        await MoviesSchema.CreateAsync(Cluster, database, rows);
        await Cluster.ExecuteAsync(database, "CREATE EXTENSION amcheck");
        await Cluster.CreateDatabaseAsync($"ledger_of_{number}");
        var control = Cluster.ConnectionString($"ledger_of_{number}");
        await new Migrator(control, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var options = new TargetOptions { Name = "movies", Connection = Cluster.ConnectionString(database) };
        adjust?.Invoke(options);
        var hospital = new Hospital(database, CalmLedger.At(control), new Target(options, TimeProvider.System), new HealingOptions { Targets = [options] }) { RealChecks = realChecks };
        hospital.Options.StateDirectory = hospital._state.FullName;
        hospital.Options.Snapshots.BaseBackup = copies ? BaseBackupRule.WhenPossible : BaseBackupRule.Never;
        hospital.Options.Rehearsal.Rule = RehearsalRule.Never;
        return hospital;
    }

    public async Task<(int Code, string Text)> CommandAsync(params string[] args)
    {
        var (code, text, errors) = await CommandRun.OfAsync(Db, Options, [("HEALING__WORKER__LEASE", "5m")], args);
        return (code, text + errors);
    }

    /// <summary>A row of external_metadata, locked by two at once, which is noted in a multixact; and then said to be deleted by it.</summary>
    public async Task BreakRuleAsync()
    {
        await using (var one = await Cluster.OpenAsync(Database))
        await using (var two = await Cluster.OpenAsync(Database))
        {
            const string Lock = "BEGIN; SELECT FROM external_metadata WHERE ctid = '(1,7)' FOR SHARE";
            foreach (var (session, sql) in new[] { (one, Lock), (two, Lock), (one, "COMMIT"), (two, "COMMIT") })
            {
                await using var command = new NpgsqlCommand(sql, session);
                await command.ExecuteNonQueryAsync();
            }
        }
        await Damage.Row.EditAsync("external_metadata", new(1, 7), null, page => page.ChangeMask(7, 0, HeapPage.XmaxCommitted));
    }

    public static async Task CloseAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
            _cluster = null;
        }
    }

    public HealerFactory Factory() => new(Options, Db, new TargetSet([Target]), Checks, Clock, NullLoggerFactory.Instance)
    {
        Settings = HealerSettings.Of(Options) with { Lease = Lease, FirstPause = TimeSpan.FromMilliseconds(1), LockPatience = TimeSpan.FromSeconds(5) },
        Limits = Limits,
        Faults = Faults,
        Snapshots = FreeSpace is null ? new SnapshotTaker(Options.StateDirectory, TimeProvider.System) : new SnapshotTaker(Options.StateDirectory, TimeProvider.System, FreeSpace),
    };

    /// <summary>Looks, and takes in what is found.</summary>
    public async Task<IReadOnlyList<Incident>> CheckAsync()
    {
        var report = await Probe.RunAsync(new(Target, CheckScope.All), CancellationToken.None);
        await LeftAloneAsync();
        return await TakeInAsync(report);
    }

    /// <summary>A session in which the server spoke of corruption is given up before it has ended its transaction.</summary>
    public Task LeftAloneAsync() => Poll.UntilAsync(
        async ct => await Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = @Database AND application_name = 'healing check' AND xact_start IS NOT NULL", new { Database }, ct) == 0,
        TimeSpan.FromSeconds(20), "no check is in a transaction");

    public async Task<IReadOnlyList<Incident>> CheckAsync(ICheck check)
    {
        await new IncidentLedger(Db).RegisterTargetAsync("movies", await Target.FactsAsync(CancellationToken.None), CancellationToken.None);
        return await TakeInAsync(await check.RunAsync(new(Target, CheckScope.All) { Memory = new CheckMemory(Db) }, CancellationToken.None));
    }

    public async Task<IReadOnlyList<Incident>> TakeInAsync(CheckReport report)
    {
        var ledger = new IncidentLedger(Db);
        var id = await ledger.RegisterTargetAsync("movies", await Target.FactsAsync(CancellationToken.None), CancellationToken.None);
        await ledger.TakeInAsync(id, report, null, Options.AutoHealing.MaxAutoRepairAttempts, "test", CancellationToken.None);
        return await ledger.ListAsync(new IncidentFilter { OpenOnly = true }, CancellationToken.None);
    }

    public Task<HealOutcome> HealAsync(long incident, string worker = "worker", CancellationToken cancel = default) => Factory().Create().HealAsync(incident, worker, cancel);

    /// <summary>Damage, found, healed once.</summary>
    public async Task<(Incident Incident, HealOutcome Outcome)> HealOnlyAsync()
    {
        var open = await CheckAsync();
        Assert.That(open, Has.Count.EqualTo(1));
        var outcome = await HealAsync(open[0].Id);
        return (await FindAsync(open[0].Id), outcome);
    }

    public async Task<Incident> FindAsync(long id) => (await new IncidentLedger(Db).FindAsync(id, CancellationToken.None))!;

    public Task<IReadOnlyList<AttemptRow>> AttemptsAsync(long id) => new IncidentLedger(Db).AttemptsAsync(id, CancellationToken.None);

    /// <summary>Nothing is damaged any more, and nothing was left behind.</summary>
    public async Task AssertSoundAsync()
    {
        Assert.That((await Probe.RunAsync(new(Target, CheckScope.All), CancellationToken.None)).Findings, Is.Empty);
        await NoLeftovers.AssertAsync(Cluster, Database, ["healing check"]);
    }

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await Db.DisposeAsync();
        _state.Delete(recursive: true);
    }
}
