using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

internal enum BtreeOutcome { Sound, Damaged, Vanished, NotExamined, Forbidden, Fenced, Failed }

/// <summary>What the verification of one index came to.</summary>
/// <param name="Of">The damaged relation: the index, or its table where that is what cannot be read.</param>
internal sealed record BtreeVerdict(BtreeIndex Index, BtreeOutcome Outcome, string? Why = null, FindingKind? Kind = null, RelationName? Of = null, PostgresException? Error = null)
{
    /// <summary>What is known besides the error.</summary>
    public System.Text.Json.Nodes.JsonObject? Evidence { get; init; }
}

/// <summary>Reads the errors of the verification: which are damage, of what, and which are not.</summary>
internal sealed class BtreeJudge(AmcheckCall call, string schema)
{
    private const string Internal = "XX";
    private const string DataException = "22";
    private const string InvalidParameter = "22023";

    public async Task<BtreeVerdict> JudgeAsync(NpgsqlConnection connection, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        switch (e.SqlState)
        {
            case SqlState.InsufficientPrivilege when !IsOfFunction(e):
                return new(index, BtreeOutcome.Forbidden, e.MessageText);
            case SqlState.LockNotAvailable:
                return new(index, BtreeOutcome.NotExamined, PatientList.HeldByOthers);
            case SqlState.QueryCanceled:
                return new(index, BtreeOutcome.NotExamined, "it took longer than a check may");
            case SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow or SqlState.TooManyConnections:
                return new(index, BtreeOutcome.Failed, $"the server ended the session while {index.Quoted} was verified: {e.MessageText}");
            case SqlState.IndexCorrupted or SqlState.DataCorrupted or SqlState.UndefinedFile or SqlState.IoError when !IsOfFunction(e):
                return await DamageAsync(connection, index, e, cancel).ConfigureAwait(false);
            default:
                return await StructureAsync(connection, index, e, cancel).ConfigureAwait(false);
        }
    }

    private async Task<BtreeVerdict> DamageAsync(NpgsqlConnection connection, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        var owner = await DamagedFile.OwnerAsync(connection, e.MessageText + " " + e.Detail, cancel).ConfigureAwait(false);
        if (owner is null && e.SqlState == SqlState.UndefinedFile)
        {
            // The commit log of a transaction that a row of the table names and that never was; or a library that is not installed.
            return DamagedFile.IsOfTransactions(e) ? Of(index, FindingKind.HeapPageInvalid, index.Table, e) : NotVerified(index, e);
        }
        if (owner is not null && owner.Oid != index.Oid)
        {
            return Of(index, FindingKind.HeapPageInvalid, owner, e);
        }
        return e.SqlState is SqlState.IndexCorrupted or SqlState.UndefinedFile && await DamagedFile.IsGoneAsync(connection, index.Oid, cancel).ConfigureAwait(false)
            ? Of(index, FindingKind.IndexFileMissing, index.Name, e)
            : Of(index, await KindAsync(connection, index, e, cancel).ConfigureAwait(false), index.Name, e);
    }

    /// <summary>Where the whole call looks at more than the structure, and the structure is sound, it is about that.</summary>
    private async Task<FindingKind> KindAsync(NpgsqlConnection connection, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        if (call.Beyond == call.Kind || e.SqlState != SqlState.IndexCorrupted || connection.FullState != System.Data.ConnectionState.Open)
        {
            return call.Kind;
        }
        try
        {
            await RunStructureAsync(connection, index, cancel).ConfigureAwait(false);
            return call.Beyond;
        }
        catch (PostgresException)
        {
            return call.Kind;
        }
    }

    private async Task RunStructureAsync(NpgsqlConnection connection, BtreeIndex index, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(call.Structure(schema), connection) { Parameters = { new() { Value = index.Oid } } };
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
    }

    /// <summary>An error that is not about damage may still come from it: then the index alone, without its table, gives it too.</summary>
    private async Task<BtreeVerdict> StructureAsync(NpgsqlConnection connection, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        if (!await DamagedFile.IsThereAsync(connection, index.Oid, cancel).ConfigureAwait(false))
        {
            return new(index, BtreeOutcome.Vanished);
        }
        try
        {
            await RunStructureAsync(connection, index, cancel).ConfigureAwait(false);
        }
        catch (PostgresException again) when (!IsOfFunction(again) && (again.SqlState is SqlState.IndexCorrupted or SqlState.DataCorrupted || (again.SqlState == e.SqlState && MayBeDamage(again.SqlState))))
        {
            return Of(index, call.Kind, index.Name, again);
        }
        catch (PostgresException)
        {
            // the first error tells more
        }
        return NotVerified(index, e);
    }

    /// <summary>Raised within a function of an index's expression or operators: whatever it says, amcheck itself did not say it.</summary>
    private static bool IsOfFunction(PostgresException e) => !string.IsNullOrEmpty(e.Where);

    /// <summary>Not memory, disk, time, rights or a missing locale: those pass by or are somebody else's.</summary>
    private static bool MayBeDamage(string state) =>
        state.StartsWith(Internal, StringComparison.Ordinal) || (state.StartsWith(DataException, StringComparison.Ordinal) && state != InvalidParameter);

    private static BtreeVerdict NotVerified(BtreeIndex index, PostgresException e) =>
        new(index, BtreeOutcome.Failed, $"{index.Quoted} could not be verified: {e.MessageText} ({e.SqlState})");

    private static BtreeVerdict Of(BtreeIndex index, FindingKind kind, RelationName relation, PostgresException e) =>
        new(index, BtreeOutcome.Damaged, e.MessageText, kind, relation, e);
}
