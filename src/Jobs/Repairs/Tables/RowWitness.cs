using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// How damaged rows show themselves: what the check says of each place, and what a query sees there. Between a plan and the moment when rows
/// are locked a place may be given to another row, or its row be changed or removed; then its witness is another.
/// </summary>
internal static class RowWitness
{
    private const string Nobody = "no query sees it";
    private static readonly string[] Limits = [" equals or exceeds ", " precedes "];

    /// <summary>What is said of one place; without the limits in it, which move on with every transaction.</summary>
    public static string Damage(IEnumerable<HeapDamageRow> said, FindingKind kind, Tid place) =>
        string.Join("; ", said.Where(r => r.Kind == kind && r.Block == place.Block && r.Offset == place.Offset).Select(r => FormattableString.Invariant($"{r.Attribute}: {Lasting(r)}")).Order(StringComparer.Ordinal));

    /// <summary>Of each place, both together.</summary>
    public static async Task<IReadOnlyDictionary<Tid, string>> OfAsync(RepairSession session, TableLook table, IReadOnlyList<HeapDamageRow> said, FindingKind kind, IReadOnlyList<Tid> places, CancellationToken cancel)
    {
        var seen = await SeenAsync(session.Target.OpenSurgeryAsync, table, places, cancel).ConfigureAwait(false);
        return places.ToDictionary(p => p, p => $"{seen[p]} {Damage(said, kind, p)}");
    }

    /// <summary>
    /// Who made the row at each place and who locked or removed it, or why nobody can say. In sessions of their own: what is damaged may end them.
    /// </summary>
    private static async Task<IReadOnlyDictionary<Tid, string>> SeenAsync(Func<CancellationToken, Task<NpgsqlConnection>> open, TableLook table, IReadOnlyList<Tid> places, CancellationToken cancel)
    {
        var seen = new Dictionary<Tid, string>();
        var connection = await open(cancel).ConfigureAwait(false);
        try
        {
            foreach (var place in places)
            {
                if (connection.FullState != System.Data.ConnectionState.Open)
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                    connection = await open(cancel).ConfigureAwait(false);
                }
                seen[place] = await OneAsync(connection, table, place, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        return seen;
    }

    private static async Task<string> OneAsync(NpgsqlConnection connection, TableLook table, Tid place, CancellationToken cancel)
    {
        try
        {
            return await connection.ExecuteScalarAsync<string?>(new CommandDefinition($"SELECT t.xmin::text || ':' || t.xmax::text FROM ONLY {table.Quoted} t WHERE t.ctid = @place::text::tid",
                new { place = place.ToString() }, cancellationToken: cancel)).ConfigureAwait(false) ?? Nobody;
        }
        catch (PostgresException e) when (HeapWalk.IsDamage(e))
        {
            // whose transaction cannot be asked for, nobody can change either
            return e.SqlState;
        }
    }

    private static string Lasting(HeapDamageRow row) =>
        row.Kind == FindingKind.HeapXminInvalid && Array.Find(Limits, l => row.Message.Contains(l, StringComparison.Ordinal)) is { } limit
            ? row.Message[..row.Message.IndexOf(limit, StringComparison.Ordinal)] : row.Message;
}
