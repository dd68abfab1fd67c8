using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>What was applied to a ledger, as its own table says: the down script too, so that a program can go back over what it does not know.</summary>
internal static class MigrationLedger
{
    public static async Task<IReadOnlyList<AppliedMigration>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (!await connection.FirstAsync<bool>(Sql.Of(typeof(MigrationLedger), "migrations_exist"), null, cancel).ConfigureAwait(false))
            return [];
        return await connection.ListAsync<AppliedMigration>(Sql.Of(typeof(MigrationLedger), "migrations_read"), null, cancel).ConfigureAwait(false);
    }

    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await connection.FirstAsync<bool>(Sql.Of(typeof(MigrationLedger), "migrations_exist"), null, cancel).ConfigureAwait(false))
            return;
        try
        {
            // not IF NOT EXISTS: that needs the right to create schemas even where an administrator has made this one
            if (!await connection.FirstAsync<bool>(Sql.Of(typeof(MigrationLedger), "schema_exists"), null, cancel).ConfigureAwait(false))
                await connection.DoAsync(Sql.Of(typeof(MigrationLedger), "schema_create"), null, cancel).ConfigureAwait(false);
            await connection.DoAsync(Sql.Of(typeof(MigrationLedger), "migrations_create"), null, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            var hint = await connection.FirstAsync<string>(Sql.Of(typeof(MigrationLedger), "schema_hint"), null, cancel).ConfigureAwait(false);
            throw new HealingException($"the ledger's schema cannot be created in the control database: {e.MessageText}",
                hint ?? "", e);
        }
    }

    public static async Task RecordAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Migration migration, string program, CancellationToken cancel) =>
        await connection.DoAsync(Sql.Of(typeof(MigrationLedger), "migrations_record"), new
        {
            migration.Revision, migration.Name, migration.UpSha256, migration.DownSha256, DownSql = migration.Down, migration.Additive, Program = program,
        }, cancel, transaction).ConfigureAwait(false);

    public static Task<int> ForgetAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, int revision, CancellationToken cancel) =>
        connection.DoAsync(Sql.Of(typeof(MigrationLedger), "migrations_forget"), new { Revision = revision }, cancel, transaction);
}

public sealed record AppliedMigration
{
    public required int Revision { get; init; }
    public required string Name { get; init; }
    public required string UpSha256 { get; init; }
    public required string DownSha256 { get; init; }
    public required string DownSql { get; init; }
    public required bool Additive { get; init; }
    public required DateTimeOffset AppliedAt { get; init; }
    public required string ProgramVersion { get; init; }

    public string UpFile => $"{Revision:0000}_{Name}.up.sql";
    public string DownFile => $"{Revision:0000}_{Name}.down.sql";
}
