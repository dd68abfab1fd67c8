using HealingWorkers.Drill;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>One server for the tests of quarantine; each takes a database of its own.</summary>
[SetUpFixture]
public sealed class WardCluster
{
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["wal_level"] = "logical" } });

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();
}

/// <summary>A database with a schema of the test's own, and a repair session to it.</summary>
internal sealed class Ward : IAsyncDisposable
{
    private static int _databases;

    private readonly PgCluster _cluster;

    private Ward(PgCluster cluster, string database, Target target) => (_cluster, Database, Target) = (cluster, database, target);

    public string Database { get; }
    public Target Target { get; }
    /// <summary>Names of foreign keys that were found broken.</summary>
    public IReadOnlyList<string> Broken { get; set; } = [];

    /// <param name="cluster">Of another version; null for the one of all tests.</param>
    public static async Task<Ward> OpenAsync(string sql, string? user = null, PgCluster? cluster = null)
    {
        var (server, database) = (cluster ?? WardCluster.Cluster, $"ward{Interlocked.Increment(ref _databases)}");
        await server.CreateDatabaseAsync(database);
        await server.ExecuteAsync(database, sql);
        return new(server, database, new Target(new TargetOptions { Name = database, Connection = server.ConnectionString(database, user) }, TimeProvider.System));
    }

    public Task ExecuteAsync(string sql) => _cluster.ExecuteAsync(Database, sql);

    public Task<T?> ScalarAsync<T>(string sql) => _cluster.ScalarAsync<T>(Database, sql);

    /// <summary>Of every table of the user's; the quarantine itself is not one.</summary>
    public async Task<IReadOnlyDictionary<string, TableHash>> HashAsync() => (await TableHash.OfDatabaseAsync(_cluster, Database))
        .Where(t => !t.Key.StartsWith("healing_quarantine.", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

    /// <summary>In one transaction that is committed when nothing throws.</summary>
    public async Task<T> InBatchAsync<T>(Func<QuarantineBatch, RepairSession, Task<T>> work, StatementLog? log = null)
    {
        return await InTransactionAsync(async session =>
        {
            await using var batch = await QuarantineBatch.OpenAsync(session, Incident(), "test_repair", "for the test", log ?? new StatementLog(), CancellationToken.None);
            return await work(batch, session);
        });
    }

    private async Task<T> InTransactionAsync<T>(Func<RepairSession, Task<T>> work)
    {
        await using var connection = await Target.OpenRepairAsync(CancellationToken.None);
        var session = new RepairSession(Target, await Target.FactsAsync(CancellationToken.None), connection, token: 1) { Ledger = "ledger", Attempt = 1 };
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await work(session);
        await transaction.CommitAsync();
        return result;
    }

    private static Task<IReadOnlyList<KeptBatch>> BatchesAsync(RepairSession session) => QuarantineStore.BatchesAsync(session.Connection, "ledger", 1, CancellationToken.None);

    public Task<RestoredRows> UndoAsync(StatementLog? log = null) => InTransactionAsync(async session =>
        await new RowRestoration(session.Connection, log ?? new StatementLog(), await BrokenAsync(session)).RunAsync([.. (await BatchesAsync(session)).Where(b => b.InForce)], "somebody", CancellationToken.None));

    private async Task<IReadOnlySet<long>> BrokenAsync(RepairSession session) =>
        (await Dapper.SqlMapper.QueryAsync<long>(session.Connection, "SELECT oid::bigint FROM pg_catalog.pg_constraint WHERE conname = ANY (@names)", new { names = Broken.ToArray() })).ToHashSet();

    public Task<long> RedoAsync() => InTransactionAsync(async session =>
        (await new RowReapplication(session, new StatementLog()).RunAsync(Incident(), [.. (await BatchesAsync(session)).Where(b => b.Undone)], "again", CancellationToken.None)).Rows);

    /// <summary>Every row that the quarantine shows, by the name that it is chosen by.</summary>
    public Task<IReadOnlyList<KeptRow>> KeptAsync() => InTransactionAsync(session => RowsInQuarantine.OfAsync(session.Connection, "ledger", 1, null, 1000, CancellationToken.None));

    /// <summary>Of the rows whose table and values match.</summary>
    public async Task<MovedRows> SomeAsync(Func<KeptRow, bool> which, bool again = false)
    {
        var chosen = (await KeptAsync()).Where(which).Select(r => KeptPlace.Parse(r.Name)!).ToList();
        return await InTransactionAsync(async session =>
        {
            var rows = new SingleRows(session, Incident(), new StatementLog(), await BrokenAsync(session));
            return again ? await rows.AgainAsync(chosen, "again", CancellationToken.None) : await rows.BackAsync(chosen, "somebody", CancellationToken.None);
        });
    }

    public async Task<string> RefusedSomeAsync(Func<KeptRow, bool> which, bool again = false)
    {
        var (before, kept) = (await HashAsync(), (await KeptAsync()).Select(r => (r.Name, r.RestoredAt)).ToList());
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await SomeAsync(which, again));
        Assert.That(await HashAsync(), Is.EqualTo(before), "a refused undo changes nothing");
        Assert.That((await KeptAsync()).Select(r => (r.Name, r.RestoredAt)), Is.EqualTo(kept));
        return refused!.Message + " " + refused.Hint;
    }

    public async Task<string> RefusedUndoAsync()
    {
        var before = await HashAsync();
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync());
        Assert.That(await HashAsync(), Is.EqualTo(before), "a refused undo changes nothing");
        return refused!.Message + " " + refused.Hint;
    }

    public Task<long> DeleteAsync(string table, string condition = "true") => InBatchAsync(async (batch, session) =>
        await batch.DeleteAsync(await TableAsync(session, table), await PlacesAsync(session.Connection, table, condition), CancellationToken.None));

    public Task<long> ChangeAsync(string table, string condition, params (string Column, string Value)[] set) => InBatchAsync(async (batch, session) =>
        await batch.ChangeAsync(await TableAsync(session, table), await PlacesAsync(session.Connection, table, condition), set.ToDictionary(s => s.Column, s => s.Value, StringComparer.Ordinal), CancellationToken.None));

    public static async Task<QuarantineTable> TableAsync(RepairSession session, string table) =>
        await QuarantineTable.OfAsync(session.Connection, (await TheirsAsync<long>(session.Connection, $"SELECT '{table.Replace("'", "''", StringComparison.Ordinal)}'::regclass::oid::bigint")).Single(), CancellationToken.None);

    public static Task<IReadOnlyList<string>> PlacesAsync(NpgsqlConnection connection, string table, string condition) =>
        TheirsAsync<string>(connection, $"SELECT ctid::text FROM ONLY {table} t WHERE {condition}");

    private static async Task<IReadOnlyList<T>> TheirsAsync<T>(NpgsqlConnection connection, string sql)
    {
        await SearchPath.UseTheirsAsync(connection, CancellationToken.None);
        var rows = await Dapper.SqlMapper.QueryAsync<T>(connection, sql);
        await SearchPath.UseOursAsync(connection, CancellationToken.None);
        return [.. rows];
    }

    public static Incident Incident(long id = 1) => new()
    {
        Id = id, TargetId = 1, TargetName = "ward", Fingerprint = "f", Kind = FindingKind.BtreeCorrupt, Severity = Severity.Warning, Check = "test", Object = new RelationName(0, "public.t"),
        Detail = "", Evidence = "{}", Repair = "test_repair", Risk = RiskClass.Quarantining, State = IncidentState.Repairing, Attempts = 0, AttemptsAllowed = 3, Deferrals = 0, DeferredSince = null,
        Reason = null, ApprovedBy = null, DueAt = null, OpenedAt = DateTimeOffset.UnixEpoch, LastSeenAt = DateTimeOffset.UnixEpoch, ClosedAt = null, TraceParent = null,
    };

    public ValueTask DisposeAsync() => Target.DisposeAsync();
}
