using System.Globalization;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Pages;

/// <summary>Finds the best way to the server's files: directly, through the server, or none (null).</summary>
public static class ServerFilesFinder
{
    /// <summary>What a check says where there is none.</summary>
    public static string WhyNot(TargetFacts facts) => !facts.HasUsualPages ? "the server was built with another size of pages or of files than 8 kB and 1 GB, and its files would be misread" :
        $"the server's files cannot be read: set data_directory of the target, or GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean), pg_stat_file(text, boolean) TO {facts.Role}";

    public static async Task<IServerFiles?> FindAsync(Target target, TargetFacts facts, NpgsqlConnection connection, CancellationToken cancel)
    {
        if (!facts.HasUsualPages)
        {
            return null;
        }
        foreach (var directory in new[] { target.Options.DataDirectory, facts.DataDirectory })
        {
            if (!string.IsNullOrEmpty(directory) && await IsItAsync(directory, facts, connection, cancel).ConfigureAwait(false))
            {
                return new DirectFiles(directory);
            }
        }
        await using var may = new NpgsqlCommand(Sql.Of<ThroughServerFiles>("may_read_files"), connection);
        return await may.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true ? new ThroughServerFiles(connection) : null;
    }

    /// <summary>A directory of that path may be here and belong to another server: identifier and start must both agree.</summary>
    private static async Task<bool> IsItAsync(string directory, TargetFacts facts, NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            var control = new byte[8];
            await using (var file = File.OpenRead(Path.Combine(directory, "global", "pg_control")))
            {
                await file.ReadExactlyAsync(control, cancel).ConfigureAwait(false);
            }
            if (BitConverter.ToUInt64(control).ToString(CultureInfo.InvariantCulture) != facts.Id.SystemIdentifier)
            {
                return false;
            }
            var lines = await File.ReadAllLinesAsync(Path.Combine(directory, "postmaster.pid"), cancel).ConfigureAwait(false);
            await using var started = new NpgsqlCommand(Sql.Of<ThroughServerFiles>("server_start"), connection);
            var start = (long)(await started.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
            return lines.Length > 2 && long.TryParse(lines[2], CultureInfo.InvariantCulture, out var said) && Math.Abs(said - start) <= 2;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
