using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// A session with another database of the target's server, for when none with its own begins. Of the damaged one it knows what the whole
/// server knows: which it is, and where.
/// </summary>
/// <param name="Facts">Of the target's database, not of the one that the session is with; its extensions are not seen from there.</param>
public sealed record Beside(NpgsqlConnection Connection, TargetFacts Facts) : IAsyncDisposable
{
    private static readonly string[] Others = ["postgres", "template1"];

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    internal static async Task<Beside> OpenAsync(string target, NpgsqlConnectionStringBuilder settings, string? dataDirectory, CancellationToken cancel)
    {
        var own = settings.Database ?? settings.Username!;
        settings.Pooling = false;
        HealingException? why = null;
        foreach (var other in Others.Where(o => o != own))
        {
            settings.Database = other;
            var connection = new NpgsqlConnection(settings.ConnectionString);
            try
            {
                await connection.OpenAsync(cancel).ConfigureAwait(false);
                return new(connection, await TargetFactsReader.ReadAsync(connection, cancel, own).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                if (!TargetProblem.IsOfConnecting(e))
                {
                    throw;
                }
                why = TargetProblem.Explain(e, target, settings, dataDirectory);
            }
        }
        throw why!;
    }
}
