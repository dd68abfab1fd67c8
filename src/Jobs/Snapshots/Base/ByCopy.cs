using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>pg_backup_start, a copy of the files as they are seen from here, pg_backup_stop, and the WAL between: online.</summary>
internal sealed class ByCopy : IBaseWay
{
    public BaseSnapshot Kind => BaseSnapshot.BaseBackup;

    public string Name => "pg_backup_start and a copy";

    public async Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel) =>
        (await ServerPlaces.OfAsync(request, cancel).ConfigureAwait(false)).DataDirectory is null ? "the server's data directory is not seen from here" : null;

    public async Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel)
    {
        // Backup mode is this session's own: when we die, it ends with us.
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        try
        {
            var copy = new ServerFilesCopy(into);
            await KeepWalAsync(session, cancel).ConfigureAwait(false);
            var first = (string)(await AskAsync(session, Of(request, "backup_start"), cancel, $"healing {request.Name}").ConfigureAwait(false))[0];
            await copy.RunAsync(places.DataDirectory!, places.Tablespaces, static _ => false, cancel).ConfigureAwait(false);
            var end = await AskAsync(session, Of(request, "backup_stop"), cancel).ConfigureAwait(false);
            var (last, label) = ((string)end[0], (string)end[1]);
            await copy.WalAsync(places.DataDirectory!, f => IsBetween(f, first, last), cancel).ConfigureAwait(false);
            if (!File.Exists(Path.Combine(into.Data, "pg_wal", first)) || !File.Exists(Path.Combine(into.Data, "pg_wal", last)))
            {
                return "the server threw WAL away that the copy needs, before the copy was done: let the repair role make a replication slot, or raise wal_keep_size";
            }
            await copy.WriteAsync("backup_label", label, cancel).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException e)
        {
            return $"{Name}: {e.MessageText}";
        }
    }

    /// <summary>A slot of this session's own, where the role may have one.</summary>
    private static async Task KeepWalAsync(NpgsqlConnection session, CancellationToken cancel)
    {
        try
        {
            await AskAsync(session, Sql.Of<RelationPlace>("backup_slot"), cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.InsufficientPrivilege or "53400" or "55000")
        {
            // then it is looked afterwards whether all of the WAL was still there
        }
    }

    private static string Of(BaseRequest request, string query) => Sql.Of<RelationPlace>(request.Facts.Major >= 15 ? query : query + "_14");

    private static bool IsBetween(string file, string first, string last) =>
        file.EndsWith(".history", StringComparison.Ordinal)
        || (file.Length == first.Length && string.CompareOrdinal(file, first) >= 0 && string.CompareOrdinal(file, last) <= 0);

    private static async Task<object[]> AskAsync(NpgsqlConnection session, string sql, CancellationToken cancel, string? label = null)
    {
        await using var command = new NpgsqlCommand(sql, session);
        if (label is not null)
        {
            command.Parameters.Add(new("label", label));
        }
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        var values = new object[row.FieldCount];
        row.GetValues(values);
        return values;
    }
}
