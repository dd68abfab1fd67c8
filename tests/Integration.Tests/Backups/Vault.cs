using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A server with hostile names, a ledger on another database of it, and a directory for backups.</summary>
internal sealed class Vault : IAsyncDisposable
{
    public const string Hostile = "we\"ird; DROP=x' --";
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-backups-");

    private Vault(PgCluster cluster, LedgerDb db, HealingOptions options) => (Cluster, Db, Options) = (cluster, db, options);

    public PgCluster Cluster { get; }
    public LedgerDb Db { get; }
    public HealingOptions Options { get; }
    public BackupLedger Ledger => new(Db);
    public BackupWays Ways => new(Options);
    public Target Target { get; private set; } = null!;
    public string Root => Ways.Root;
    public Func<string, long>? FreeSpace { get; set; }

    public static async Task<Vault> OpenAsync(PgClusterOptions? kind = null)
    {
        var cluster = await PgCluster.StartNewAsync(kind);
        await cluster.CreateDatabaseAsync(Hostile);
        await cluster.CreateDatabaseAsync("ledger");
        await cluster.ExecuteAsync(Hostile,
            """
            CREATE SCHEMA "s; --";
            CREATE TABLE "s; --"."t'a""b" (id int PRIMARY KEY, word text);
            INSERT INTO "s; --"."t'a""b" SELECT n, md5(n::text) FROM generate_series(1, 3000) n;
            CREATE TABLE parts (id int) PARTITION BY RANGE (id);
            CREATE TABLE part_one PARTITION OF parts FOR VALUES FROM (0) TO (1000);
            INSERT INTO parts SELECT generate_series(1, 500);
            CREATE UNLOGGED TABLE passing AS SELECT 1 AS one;
            """);
        var control = cluster.ConnectionString("ledger");
        await new Migrator(control, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var vault = new Vault(cluster, CalmLedger.At(control), new HealingOptions { Worker = { Lease = TimeSpan.FromMinutes(5) } });
        vault.Options.StateDirectory = vault._state.FullName;
        vault.Options.Targets.Add(new TargetOptions { Name = "movies", Connection = cluster.ConnectionString(Hostile) });
        vault.Target = new(vault.Options.Targets[0], TimeProvider.System);
        return vault;
    }

    public BackupMaker Maker(string worker = "worker", TimeProvider? clock = null) =>
        new(Options, Ledger, new LeaseLedger(Db), new IncidentLedger(Db), clock ?? TimeProvider.System, worker) { FreeSpace = FreeSpace ?? (_ => long.MaxValue) };

    public async Task<Backup> MakeAsync(BackupProvider provider)
    {
        Options.Backups.Provider = provider;
        return (await Maker().MakeAsync(Target, TimeSpan.Zero, null, _ => { }, CancellationToken.None)).Backup!;
    }

    public Task<IReadOnlyDictionary<string, TableHash>> HashesAsync() => TableHash.OfDatabaseAsync(Cluster, Hostile);

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await Db.DisposeAsync();
        await Cluster.DisposeAsync();
        _state.Delete(recursive: true);
    }
}
