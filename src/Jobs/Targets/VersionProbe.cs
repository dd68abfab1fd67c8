using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Asks the server its version before anything else is asked, in a way that any server understands.</summary>
internal static class VersionProbe
{
    private const int Oldest = 14;

    public static async Task RequireAsync(NpgsqlConnectionStringBuilder settings, string target, CancellationToken cancel)
    {
        var plain = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false };
        await using var source = new NpgsqlDataSourceBuilder(plain.ConnectionString).ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build();
        await using var connection = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        if (connection.PostgreSqlVersion.Major < Oldest)
        {
            throw new HealingException(
                $"target {target} runs PostgreSQL {connection.PostgreSqlVersion}, which is older than {Oldest}",
                "PostgreSQL 14 to 18 can be healed; upgrade the server first (take a backup before).");
        }
    }
}
