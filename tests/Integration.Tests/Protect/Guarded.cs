using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Protect;

/// <summary>A database that is to be protected, a ledger of its own, and as many workers as a test wants.</summary>
internal sealed class Guarded : IAsyncDisposable
{
    private static int _databases;
    private readonly List<Target> _targets = [];

    private Guarded(PgCluster cluster, string database, TargetOptions options, LedgerDb db) => (Cluster, Database, Options, Db) = (cluster, database, options, db);

    public PgCluster Cluster { get; }
    public string Database { get; }
    public TargetOptions Options { get; }
    public LedgerDb Db { get; }
    public IncidentLedger Incidents => new(Db);
    public string LedgerDatabase => new NpgsqlConnectionStringBuilder(Db.ConnectionString).Database!;

    public static async Task<Guarded> OpenAsync(PgCluster cluster, string? database = null, string? user = null)
    {
        var number = Interlocked.Increment(ref _databases);
        database ??= $"guarded{number}";
        await cluster.CreateDatabaseAsync(database);
        await cluster.ExecuteAsync(database, "CREATE TABLE items (id int PRIMARY KEY)");
        await cluster.CreateDatabaseAsync($"ledger{number}");
        var control = cluster.ConnectionString($"ledger{number}");
        await new Migrator(control, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return new Guarded(cluster, database, new TargetOptions { Name = "movies", Connection = cluster.ConnectionString(database, user), Protect = Protection.ReadOnly }, CalmLedger.At(control));
    }

    /// <summary>One worker's once through.</summary>
    public Task KeepAsync(string worker = "worker", TimeSpan? patience = null)
    {
        var all = Others.Append(Options).ToList();
        var targets = all.Select(o => new Target(o, TimeProvider.System)).ToList();
        _targets.AddRange(targets);
        return new Protections(new HealingOptions { Targets = all }, new TargetSet(targets), Db, worker, TimeProvider.System, NullLogger<Protections>.Instance) { Patience = patience ?? TimeSpan.FromSeconds(20) }.KeepAsync(CancellationToken.None);
    }

    /// <summary>As a health check does it.</summary>
    public async Task<long> RegisterAsync()
    {
        await using var target = new Target(Options, TimeProvider.System);
        return await Incidents.RegisterTargetAsync("movies", await target.FactsAsync(CancellationToken.None), CancellationToken.None);
    }

    /// <summary>Something critical is found.</summary>
    public Task<long> FindAsync(FindingKind? kind = null) => FindAsync(Options, kind);

    /// <summary>On another target, which is kept from now on as well.</summary>
    public Task<long> FindOnAsync(TargetOptions other)
    {
        Others.Add(other);
        return FindAsync(other, null);
    }

    private async Task<long> FindAsync(TargetOptions options, FindingKind? kind)
    {
        await using var target = new Target(options, TimeProvider.System);
        var facts = await target.FactsAsync(CancellationToken.None);
        var id = await Incidents.RegisterTargetAsync(options.Name, facts, CancellationToken.None);
        var finding = Finding.Of("btree", kind ?? FindingKind.BtreeCorrupt, facts.Id, new RelationName(1, "public.items_pkey"), "damaged for a test");
        var taken = await Incidents.TakeInAsync(id, new CheckReport("btree", CheckStatus.Damaged, TimeSpan.Zero, null, [finding], [1]), null, 3, "test", CancellationToken.None);
        return taken.Opened.Single().Id;
    }

    /// <summary>Everything is healed; and the minute of rest after an earlier end is over.</summary>
    public async Task HealAsync()
    {
        await LedgerAsync("UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp() WHERE state NOT IN ('Resolved', 'Closed', 'Undone')");
    }

    public Task LedgerAsync(string sql) => Cluster.ExecuteAsync(LedgerDatabase, sql);

    private List<TargetOptions> Others { get; } = [];

    public Task<IReadOnlyList<ProtectionRow>> StandingAsync() => new ProtectionLedger(Db).ListAsync(CancellationToken.None);

    public async Task<ProtectionRow?> StandsAsync() => (await new ProtectionLedger(Db).ListAsync(CancellationToken.None)).SingleOrDefault();

    public Task<long> AuditedAsync(string what) => Cluster.ScalarAsync<long>(LedgerDatabase, "SELECT count(*) FROM healing.audit_log WHERE event_type = @what", new { what })!;

    /// <summary>What the database says of itself: default_transaction_read_only and our token, or null.</summary>
    public async Task<(string? ReadOnly, string? Token)> SettingAsync()
    {
        var all = await Cluster.QueryAsync<string>("postgres", "SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = @Database)", new { Database });
        return (Of(all, "default_transaction_read_only="), Of(all, "healing.protection="));
    }

    /// <summary>Whether an application that connects now may write.</summary>
    public async Task<bool> MayWriteAsync()
    {
        await using var connection = new NpgsqlConnection(Cluster.ConnectionString(Database) + ";Pooling=false;Timeout=120");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("INSERT INTO items SELECT coalesce(max(id), 0) + 1 FROM items", connection);
        try
        {
            await command.ExecuteNonQueryAsync();
            return true;
        }
        catch (PostgresException e) when (e.SqlState == "25006")
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var target in _targets)
            await target.DisposeAsync();
        await Db.DisposeAsync();
    }

    private static string? Of(IEnumerable<string> settings, string name) => settings.FirstOrDefault(s => s.StartsWith(name, StringComparison.Ordinal))?[name.Length..];
}
