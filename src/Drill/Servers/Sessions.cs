using System.Data;
using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>The kit's own sessions: never pooled, never endless.</summary>
internal static class Sessions
{
    public static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken ct)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            ApplicationName = "testkit",
            Timeout = 120,
        };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    // Said to be text, since Dapper takes a single word like CHECKPOINT for a procedure's name.
    public static CommandDefinition Command(string sql, object? arguments, CancellationToken ct) =>
        new(sql, arguments, commandTimeout: 300, commandType: CommandType.Text, cancellationToken: ct);
}
