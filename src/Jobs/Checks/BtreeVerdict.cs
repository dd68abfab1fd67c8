using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

internal enum BtreeOutcome { Sound, Damaged, Vanished, NotExamined, Forbidden, Failed }

/// <summary>What the verification of one index came to.</summary>
/// <param name="Of">The damaged relation: the index, or its table where that is what cannot be read.</param>
internal sealed record BtreeVerdict(BtreeIndex Index, BtreeOutcome Outcome, string? Why = null, FindingKind? Kind = null, RelationName? Of = null, PostgresException? Error = null);

/// <summary>Reads the errors of the verification: which are damage, of what, and which are not.</summary>
internal static class BtreeJudge
{
    private const string WrongObjectType = "42809";

    public static async Task<BtreeVerdict> JudgeAsync(NpgsqlConnection connection, string function, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        switch (e.SqlState)
        {
            case SqlState.FeatureNotSupported or SqlState.UndefinedTable or SqlState.UndefinedObject or WrongObjectType:
                return new(index, BtreeOutcome.Vanished);
            case SqlState.InsufficientPrivilege:
                return new(index, BtreeOutcome.Forbidden, e.MessageText);
            case SqlState.LockNotAvailable:
                return new(index, BtreeOutcome.NotExamined, "somebody holds a lock on it that excludes readers");
            case SqlState.QueryCanceled:
                return new(index, BtreeOutcome.NotExamined, "it took longer than a check may");
            case SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow or SqlState.TooManyConnections:
                return new(index, BtreeOutcome.Failed, $"the server ended the session while {index.Quoted} was verified: {e.MessageText}");
            case SqlState.IndexCorrupted or SqlState.DataCorrupted or SqlState.UndefinedFile or SqlState.IoError:
                return await DamageAsync(connection, index, e, cancel).ConfigureAwait(false);
            default:
                return await StructureAsync(connection, function, index, e, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<BtreeVerdict> DamageAsync(NpgsqlConnection connection, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        var owner = await DamagedFile.OwnerAsync(connection, e.MessageText + " " + e.Detail, cancel).ConfigureAwait(false);
        if (owner is null && e.SqlState == SqlState.UndefinedFile)
        {
            // No relation's file: the commit log of a transaction that a row of the table names and that never was.
            return Of(index, FindingKind.HeapPageInvalid, index.Table, e);
        }
        if (owner is not null && owner.Oid != index.Oid)
        {
            return Of(index, FindingKind.HeapPageInvalid, owner, e);
        }
        return e.SqlState is SqlState.IndexCorrupted or SqlState.UndefinedFile && await DamagedFile.IsGoneAsync(connection, index.Oid, cancel).ConfigureAwait(false)
            ? Of(index, FindingKind.IndexFileMissing, index.Name, e)
            : Of(index, FindingKind.BtreeCorrupt, index.Name, e);
    }

    /// <summary>An error that is not about damage may still come from it: then the index alone, without its table, gives it too.</summary>
    private static async Task<BtreeVerdict> StructureAsync(NpgsqlConnection connection, string function, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand($"SELECT {function}($1::oid::regclass, false)", connection) { Parameters = { new() { Value = index.Oid } } };
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException again) when (again.SqlState is SqlState.IndexCorrupted or SqlState.DataCorrupted || again.SqlState == e.SqlState)
        {
            return Of(index, FindingKind.BtreeCorrupt, index.Name, again);
        }
        return new(index, BtreeOutcome.Failed, $"{index.Quoted} could not be verified: {e.MessageText} ({e.SqlState})");
    }

    private static BtreeVerdict Of(BtreeIndex index, FindingKind kind, RelationName relation, PostgresException e) =>
        new(index, BtreeOutcome.Damaged, e.MessageText, kind, relation, e);
}
