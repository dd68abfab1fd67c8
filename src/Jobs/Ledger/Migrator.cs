using System.Reflection;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Brings schema healing to the wanted revision, by exactly one of many starting processes, and refuses on drift.</summary>
public sealed class Migrator(string connectionString, TimeProvider clock, MigrationSet? set = null)
{
    private const int LockSpace = 0x4845414C;
    private static readonly string Program = typeof(Migrator).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
    private readonly MigrationSet _set = set ?? MigrationSet.Embedded;

    /// <summary>How long a process waits for another one that is migrating.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>At start: to the wanted revision, which must be one that this program can live with.</summary>
    /// <param name="revision">Null: the newest this program knows; else up or down to it.</param>
    public Task<MigrationOutcome> MigrateAsync(int? revision, CancellationToken cancel) => WithLockAsync(async connection =>
    {
        var applied = await MigrationLedger.ReadAsync(connection, cancel).ConfigureAwait(false);
        MigrationDrift.Refuse(_set, applied);
        if (revision is { } pinned && !_set.LivesAt(pinned))
            throw new HealingException($"this program cannot live with a ledger at revision {pinned}: it needs {_set.All.First(m => m.Revision > pinned && !m.Optional).UpFile}",
                $"start the older program, or remove control.migration_revision (`healing migrate` can take the ledger back to {pinned} for it)");
        MigrationDrift.RefuseUnknown(_set, [.. applied.Where(a => a.Revision <= (revision ?? int.MaxValue))]);
        return await GoAsync(connection, applied, revision ?? Math.Max(_set.Newest, applied.Count), cancel).ConfigureAwait(false);
    }, cancel);

    /// <summary>To any revision, for an older program to be started next; this one may be unable to work with it then.</summary>
    public Task<MigrationOutcome> GoToAsync(int revision, CancellationToken cancel) => WithLockAsync(async connection =>
    {
        var applied = await MigrationLedger.ReadAsync(connection, cancel).ConfigureAwait(false);
        MigrationDrift.Refuse(_set, applied);
        return await GoAsync(connection, applied, revision, cancel).ConfigureAwait(false);
    }, cancel);

    /// <summary>What is applied now; changes nothing.</summary>
    public async Task<IReadOnlyList<AppliedMigration>> AppliedAsync(CancellationToken cancel)
    {
        await using var connection = await OpenAsync(cancel).ConfigureAwait(false);
        return await MigrationLedger.ReadAsync(connection, cancel).ConfigureAwait(false);
    }

    private async Task<MigrationOutcome> GoAsync(NpgsqlConnection connection, IReadOnlyList<AppliedMigration> applied, int wanted, CancellationToken cancel)
    {
        if (wanted < 0 || wanted > Math.Max(_set.Newest, applied.Count))
            throw new HealingException($"there is no revision {wanted} of the ledger: this program knows {_set.Newest}, the ledger is at {applied.Count}",
                "choose one of these, or leave control.migration_revision empty");
        await MigrationLedger.EnsureAsync(connection, cancel).ConfigureAwait(false);
        List<string> up = [], down = [];
        foreach (var row in applied.Where(a => a.Revision > wanted).OrderByDescending(a => a.Revision))
        {
            await StepAsync(connection, row.DownFile, row.DownSql, transaction => MigrationLedger.ForgetAsync(connection, transaction, row.Revision, cancel), cancel).ConfigureAwait(false);
            down.Add(row.DownFile);
        }
        foreach (var migration in _set.All.Where(m => m.Revision > applied.Count && m.Revision <= wanted))
        {
            await StepAsync(connection, migration.UpFile, migration.Up, transaction => MigrationLedger.RecordAsync(connection, transaction, migration, Program, cancel), cancel).ConfigureAwait(false);
            up.Add(migration.UpFile);
        }
        return new MigrationOutcome(applied.Count, wanted, up, down);
    }

    private static async Task StepAsync(NpgsqlConnection connection, string file, string sql, Func<NpgsqlTransaction, Task> record, CancellationToken cancel)
    {
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await connection.DoAsync(sql, null, cancel, transaction).ConfigureAwait(false);
            await record(transaction).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw new HealingException($"ledger migration {file} failed and was rolled back: {e.SqlState}: {e.MessageText}",
                e.SqlState == SqlState.LockNotAvailable ? "something holds a lock on the ledger's tables: stop it, then start again" : "nothing of it was applied; see the message", e);
        }
    }

    private async Task<MigrationOutcome> WithLockAsync(Func<NpgsqlConnection, Task<MigrationOutcome>> work, CancellationToken cancel)
    {
        await using var connection = await OpenAsync(cancel).ConfigureAwait(false);
        var begun = clock.GetTimestamp();
        // asked again and again, not waited for in the server: a waiting statement would hold a snapshot
        while (!await connection.FirstAsync<bool>(Sql.Of<Migrator>("migrate_lock"), new { Space = LockSpace }, cancel).ConfigureAwait(false))
        {
            if (clock.GetElapsedTime(begun) >= Patience)
                throw new HealingException($"another process has been migrating the ledger for more than {Patience.TotalSeconds:0} s",
                    "look for its session in pg_stat_activity (application_name 'healing migrate') and what it waits for; end it if it is stuck, then start again");
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancel).ConfigureAwait(false);
        }
        return await work(connection).ConfigureAwait(false);
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        // an own session: its end releases the advisory lock, whatever happens
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "healing migrate", CommandTimeout = 600 };
        settings.Options = $"-c statement_timeout=600s -c lock_timeout=30s {settings.Options}".TrimEnd();
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            if (await connection.FirstAsync<bool>(Sql.Of<Migrator>("is_standby"), null, cancel).ConfigureAwait(false))
                throw new HealingException($"the control database at {settings.Host} is a standby and cannot be written to", "point control.connection at the primary (Target Session Attributes=primary finds it among several hosts)");
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (e is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
                throw ControlDatabase.Explain(e, settings);
            throw;
        }
    }
}

public sealed record MigrationOutcome(int From, int To, IReadOnlyList<string> Applied, IReadOnlyList<string> Reverted);
