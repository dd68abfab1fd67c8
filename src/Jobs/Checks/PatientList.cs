using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// Asks the catalogue what there is. The functions that spell a definition or measure a file open what they tell of: they wait for whoever holds it
/// for himself alone, and fail where it is dropped under their hands. What is held is left out by name; when something went, it is asked anew.
/// </summary>
internal static class PatientList
{
    private const int Tries = 6;
    private const int Shown = 5;
    public const string HeldByOthers = "somebody holds a lock on it that excludes readers";

    /// <summary>What a table was not looked at for.</summary>
    public static string Said(Exception e) => e is PostgresException p ? p.SqlState == SqlState.LockNotAvailable ? HeldByOthers : p.MessageText : e.Message;

    /// <summary>For a report's reason.</summary>
    public static string NotExamined(IReadOnlyList<RelationName> held) =>
        $"{held.Count} table(s) not examined: {string.Join(", ", held.Take(Shown).Select(h => h.Quoted))}{(held.Count > Shown ? ", ..." : "")}: {HeldByOthers}";

    /// <param name="ask">Is given the oids of the tables that are to be left out, and a session of its own: the driver gives one up in which the server spoke of an internal error.</param>
    public static async Task<Listed<T>> ReadAsync<T>(Target target, Func<NpgsqlConnection, long[], Task<IReadOnlyList<T>>> ask, CancellationToken cancel)
    {
        var held = new Dictionary<long, RelationName>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                return new(await ask(connection, [.. held.Keys]).ConfigureAwait(false), [.. held.Values]);
            }
            catch (PostgresException e) when (attempt < Tries && (e.SqlState == SqlState.LockNotAvailable || WentMeanwhile(e)))
            {
                cancel.ThrowIfCancellationRequested();
                if (e.SqlState == SqlState.LockNotAvailable)
                {
                    await using var other = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                    foreach (var table in await HeldAsync(other, cancel).ConfigureAwait(false))
                    {
                        held[table.Oid] = table;
                    }
                }
            }
        }
    }

    /// <summary>Tables that somebody holds for himself alone, or waits to.</summary>
    public static Task<IReadOnlyList<RelationName>> HeldAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        CatalogueList.NamesAsync(connection, Sql.Of<ICheck>("tables_held"), cancel);

    /// <summary>Whether it was dropped meanwhile. Waits for nobody.</summary>
    public static async Task<bool> IsGoneAsync(NpgsqlConnection connection, long oid, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("relation_is_there"), connection) { Parameters = { new("oid", oid) } };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is false;
    }

    /// <summary>The same in a session of its own, where the one at hand may be lost.</summary>
    public static async Task<bool> IsGoneAsync(Target target, long oid, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return await IsGoneAsync(connection, oid, cancel).ConfigureAwait(false);
    }

    /// <summary>As the server answers when what it was about to open, or had just listed, is dropped or altered at that moment.</summary>
    public static bool WentMeanwhile(PostgresException e) => e.SqlState
        is SqlState.InternalError or SqlState.UndefinedTable or SqlState.UndefinedObject or SqlState.UndefinedColumn or SqlState.UndefinedFunction or SqlState.InvalidSchemaName;
}

/// <param name="Held">Tables that are left out, since nobody may read them now.</param>
internal sealed record Listed<T>(IReadOnlyList<T> Items, IReadOnlyList<RelationName> Held);
