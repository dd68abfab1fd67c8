using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// Whether a server still has the WAL that comes after what was received. pg_receivewal tells that only in the server's language,
/// so it is asked for once more: the refusal's code is the same in all of them.
/// </summary>
internal static class WalNext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<bool> IsGoneAsync(NpgsqlConnection session, NpgsqlConnectionStringBuilder login, (string Name, bool Whole)? newest, CancellationToken cancel)
    {
        if (newest is not var (name, whole))
        {
            return false;
        }
        var size = await session.FirstAsync<long>(Sql.Of<WalReceiver>("wal_segment_size"), null, cancel).ConfigureAwait(false);
        var next = Begin(name, size) + (whole ? (ulong)size : 0);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(login.ConnectionString) { Host = session.Host, Port = session.Port, ApplicationName = "healing wal", KeepAlive = 0 };
            settings.Remove("Target Session Attributes");
            settings.Remove("Options");
            var asked = new PhysicalReplicationConnection(settings.ConnectionString);
            await using var ends = asked.ConfigureAwait(false);
            await asked.Open(limit.Token).ConfigureAwait(false);
            var timeline = uint.Parse(name.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            await foreach (var _ in asked.StartReplication(null, new NpgsqlLogSequenceNumber(next), limit.Token, timeline).ConfigureAwait(false))
            {
                return false;
            }
        }
        catch (PostgresException e)
        {
            return e.SqlState == SqlState.UndefinedFile;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            // it has it and sends nothing yet, or is away
        }
        return false;
    }

    private static ulong Begin(string segment, long size) =>
        (ulong.Parse(segment.AsSpan(8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) << 32)
        + ulong.Parse(segment.AsSpan(16, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) * (ulong)size;
}
