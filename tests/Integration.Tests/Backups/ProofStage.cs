using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A server with movies, a ledger elsewhere, and what makes backups and proves them, put together as in a worker.</summary>
internal sealed class ProofStage : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-proofs-");
    private readonly PgCluster _home;

    private ProofStage(PgCluster cluster, PgCluster home, LedgerDb db)
    {
        (Cluster, _home, Db) = (cluster, home, db);
        File.SetUnixFileMode(_state.FullName, (UnixFileMode)0b111_101_101);
        Options = new() { StateDirectory = _state.FullName, Worker = { Lease = TimeSpan.FromMinutes(5) }, Targets = [new TargetOptions { Name = "movies", Connection = cluster.ConnectionString("movies") }] };
        Target = new(Options.Targets[0], TimeProvider.System);
    }

    public PgCluster Cluster { get; }
    public LedgerDb Db { get; }
    public List<Target> Others { get; } = [];
    public HealingOptions Options { get; }
    public Target Target { get; }
    public IncidentLedger Incidents => new(Db);
    public string Clones => Path.Combine(_state.FullName, "clones");

    public static async Task<ProofStage> OpenAsync(bool checksums = true)
    {
        var cluster = await PgCluster.StartNewAsync(new() { Checksums = checksums, Tcp = false });
        await MoviesSchema.CreateAsync(cluster, "movies", 400);
        var home = await PgCluster.StartNewAsync(new() { Tcp = false });
        await home.CreateDatabaseAsync("ledger");
        var control = home.ConnectionString("ledger");
        await new Migrator(control, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return new(cluster, home, CalmLedger.At(control));
    }

    public async Task<Backup> BackUpAsync(BackupProvider provider = BackupProvider.PgBasebackup, Target? target = null)
    {
        target ??= Target;
        target.Options.Backup = provider;
        var maker = new BackupMaker(Options, new BackupLedger(Db), new LeaseLedger(Db), Incidents, TimeProvider.System, "test");
        var made = await maker.MakeAsync(target, TimeSpan.Zero, null, static _ => { }, CancellationToken.None);
        return (await new BackupLedger(Db).FindAsync(made.Backup!.Id, CancellationToken.None))!;
    }

    public RestoreTests Tests(IReadOnlyList<ICheck>? checks = null, TimeSpan? limit = null) =>
        new(Options, Db, new TargetSet([.. Others, Target]), checks ?? CheckCatalogue.All, TimeProvider.System, "test") { CheckLimit = limit ?? TimeSpan.FromMinutes(5) };

    /// <summary>Another database of the same server.</summary>
    public async Task<Target> KnowAsync(string database)
    {
        var other = new Target(new TargetOptions { Name = database, Connection = Cluster.ConnectionString(database) }, TimeProvider.System);
        Others.Add(other);
        await Incidents.RegisterTargetAsync(database, await other.FactsAsync(CancellationToken.None), CancellationToken.None);
        return other;
    }

    public async Task<ProofReport> ProveAsync(Backup backup, IReadOnlyList<ICheck>? checks = null, TimeSpan? limit = null)
    {
        var tested = await Tests(checks, limit).RunAsync(backup, null, keep: false, static _ => { }, CancellationToken.None);
        Assert.That(Directory.Exists(Clones) ? Directory.GetDirectories(Clones) : [], Is.Empty, "the restored server is gone");
        return tested!.Report;
    }

    public Task<IReadOnlyList<Incident>> OpenIncidentsAsync() => Incidents.ListAsync(new IncidentFilter { OpenOnly = true, Limit = 100 }, CancellationToken.None);

    public Task<T?> LedgerAsync<T>(string sql) => _home.ScalarAsync<T>("ledger", sql);

    public async ValueTask DisposeAsync()
    {
        foreach (var other in Others.Prepend(Target))
        {
            await other.DisposeAsync();
        }
        await Db.DisposeAsync();
        await Cluster.DisposeAsync();
        await _home.DisposeAsync();
        _state.Delete(recursive: true);
    }
}
