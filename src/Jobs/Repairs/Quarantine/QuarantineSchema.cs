using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The schema healing_quarantine of a target: made when a repair first needs it, trusted only when it is ours.</summary>
internal static class QuarantineSchema
{
    static QuarantineSchema() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Ledger.LedgerDb).TypeHandle);

    /// <summary>Within the caller's transaction, whose settings become those under which text is lossless.</summary>
    public static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await UseSettingsAsync(connection, cancel).ConfigureAwait(false);
        var state = await StateAsync(connection, cancel).ConfigureAwait(false);
        if (state is not { InTransaction: true, Isolation: "read committed" })
        {
            throw new InvalidOperationException("quarantine needs an open transaction of isolation read committed");
        }
        if (state.IsThere)
        {
            Require(state);
            return;
        }
        if (!state.MayCreate)
        {
            throw new HealingException($"the role {state.Role} may not make the schema healing_quarantine, so no row can be kept and none is touched",
                $"GRANT CREATE ON DATABASE {state.Database} TO {state.Role};");
        }
        await connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_schema"), cancellationToken: cancel)).ConfigureAwait(false);
    }

    /// <summary>False where no repair of this target ever needed it.</summary>
    public static async Task<bool> IsThereAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var state = await StateAsync(connection, cancel).ConfigureAwait(false);
        if (state.IsThere)
        {
            Require(state);
        }
        return state.IsThere;
    }

    public static Task UseSettingsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_settings"), cancellationToken: cancel));

    private static Task<State> StateAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.QuerySingleAsync<State>(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_state"), cancellationToken: cancel));

    private static void Require(State state)
    {
        if (!state.IsOurs || !state.IsWhole)
        {
            throw new HealingException(
                state.IsOurs ? "the schema healing_quarantine is there, but not with the tables that it must have" : $"the schema healing_quarantine belongs to {state.Owner}, or something in it does not belong to {state.Role}",
                state.IsOurs ? "See what it is and rename it; the next repair makes a new one." : $"Repair with one role, or GRANT {state.Owner} TO {state.Role}; a schema of somebody else is not trusted with rows.");
        }
    }

    private sealed record State
    {
        public required bool IsThere { get; init; }
        public required bool IsOurs { get; init; }
        public required bool IsWhole { get; init; }
        public required string? Owner { get; init; }
        public required bool MayCreate { get; init; }
        public required string Role { get; init; }
        public required string Database { get; init; }
        public required bool InTransaction { get; init; }
        public required string Isolation { get; init; }
    }
}
