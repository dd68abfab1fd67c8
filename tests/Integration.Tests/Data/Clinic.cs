using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>A database with rules, a ledger, and a healer that is put together as in a worker.</summary>
internal sealed class Clinic : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-data-");

    private Clinic(string database, LedgerDb db, TargetOptions target)
    {
        (Database, Db, Target) = (database, db, new(target, TimeProvider.System));
        Options = new() { Targets = [target], StateDirectory = _state.FullName };
        Options.AutoHealing.SnapshotBeforeRepair = false;
        Options.Rehearsal.Rule = RehearsalRule.Never;
    }

    public static PgCluster Cluster => DataServer.Cluster;
    public static IReadOnlyList<ICheck> Checks { get; } = [new ForeignKeysCheck(), new AllowedValuesCheck(), new RowConstraintsCheck(), new JsonCheck(), new SqlRulesCheck()];
    public static RepairLimits Limits { get; } = new() { LockBackoff = TimeSpan.FromMilliseconds(50) };
    public string Database { get; }
    public LedgerDb Db { get; }
    public Target Target { get; }
    public HealingOptions Options { get; }
    public bool ApproveAll { get; set; }
    public bool NeverWait { get; set; } = true;
    public TimeSpan? Lease { get; set; }
    public TimeProvider Clock { get; set; } = TimeProvider.System;
    public IncidentLedger Incidents => new(Db);

    public static async Task<Clinic> OpenAsync(string sql, Action<RulesOptions>? rules = null)
    {
        var database = await DataServer.DatabaseAsync(sql);
        await Cluster.CreateDatabaseAsync($"ledger_{database}");
        var control = Cluster.ConnectionString($"ledger_{database}");
        await new Migrator(control, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var options = new TargetOptions { Name = "movies", Connection = Cluster.ConnectionString(database) };
        rules?.Invoke(options.Rules);
        return new(database, CalmLedger.At(control), options);
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(_state.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    public Task RunAsync(string sql) => Cluster.ExecuteAsync(Database, sql);

    public Task BehindTheKeysAsync(string sql) => DataServer.BehindTheKeysAsync(Database, sql);

    public Task<long> CountAsync(string of) => Cluster.ScalarAsync<long>(Database, $"SELECT count(*) FROM {of}");

    public async Task<IReadOnlyList<Incident>> CheckAsync(params IReadOnlyList<ICheck> checks)
    {
        var id = await Incidents.RegisterTargetAsync("movies", await Target.FactsAsync(CancellationToken.None), CancellationToken.None);
        foreach (var check in checks.Count == 0 ? Checks : checks)
        {
            var report = await check.RunAsync(new(Target, CheckScope.All), CancellationToken.None);
            await Incidents.TakeInAsync(id, report, null, 3, "test", CancellationToken.None);
        }
        return await Incidents.ListAsync(new IncidentFilter { OpenOnly = true }, CancellationToken.None);
    }

    public async Task<Incident> HealAsync(Incident incident)
    {
        await Factory().Create().HealAsync(incident.Id, "worker", CancellationToken.None);
        return (await Incidents.FindAsync(incident.Id, CancellationToken.None))!;
    }

    public HealerFactory Factory() => new(Options, Db, new TargetSet([Target]), Checks, Clock, NullLoggerFactory.Instance)
    {
        Settings = HealerSettings.Of(Options) with { FirstPause = TimeSpan.FromMilliseconds(1), ApproveAll = ApproveAll, NeverWait = NeverWait, Lease = Lease ?? TimeSpan.FromMinutes(5) },
        Limits = Limits,
        Snapshots = new SnapshotTaker(Options.StateDirectory, TimeProvider.System),
    };

    /// <summary>Finds the one thing that is wrong, and heals it once.</summary>
    public async Task<Incident> HealOnlyAsync()
    {
        var open = await CheckAsync();
        return await HealAsync(open.Single());
    }

    /// <summary>A repair by itself, for what happens between its steps.</summary>
    public async Task<RepairSession> SessionAsync() => new(Target, await Target.FactsAsync(CancellationToken.None), await Target.OpenRepairAsync(CancellationToken.None), 1);

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await Db.DisposeAsync();
        _state.Delete(recursive: true);
    }
}
