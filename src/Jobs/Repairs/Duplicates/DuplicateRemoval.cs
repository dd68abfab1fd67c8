using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Within one transaction: references come to the rows that stay, the others go to quarantine.</summary>
internal sealed class DuplicateRemoval(RepairSession session, UniqueKey key, QuarantineBatch batch, StatementLog log)
{
    /// <summary>Rows of the keys that are double refer to each other: the first that is repointed has another place, and what was decided no longer finds it.</summary>
    public static bool IsEntangled(IReadOnlyList<DuplicateDecision> decisions, UniqueKey key)
    {
        var members = decisions.SelectMany(d => d.Losers.Append(d.Winner)).Select(c => c.Place).ToHashSet(StringComparer.Ordinal);
        return decisions.SelectMany(d => d.Losers).SelectMany(l => l.Referring).Any(r => r.Reference.Leaf == key.TableOid && members.Overlaps(r.Places));
    }

    /// <returns>How many rows went; null where others refer to them than those that were decided about, so that all must be rolled back.</returns>
    public async Task<long?> RunAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        foreach (var decision in decisions)
        {
            foreach (var (loser, referring) in decision.Losers.SelectMany(l => l.Referring.Select(r => (l, r))))
            {
                if (await RepointAsync(loser, referring, decision.Winner, cancel).ConfigureAwait(false) != referring.Places.Count)
                {
                    return null;
                }
            }
        }
        if (await IsReferredToAsync(decisions, cancel).ConfigureAwait(false))
        {
            return null;
        }
        var table = await QuarantineTable.OfAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false);
        try
        {
            var gone = await batch.DeleteAsync(table, [.. decisions.SelectMany(d => d.Losers).Select(l => l.Place)], cancel, keyStays: true).ConfigureAwait(false);
            await RequireWinnersAsync(decisions, cancel).ConfigureAwait(false);
            await RequireOwnValuesAsync(decisions, cancel).ConfigureAwait(false);
            return gone;
        }
        catch (PostgresException e) when (e is { SqlState: SqlState.InternalError, MessageText: "tuple already updated by self" } or { SqlState: SqlState.ObjectNotInPrerequisiteState })
        {
            throw new HealingException(
                $"copies in {key.TableQuoted} share their long values: with one of them the other's would be deleted, and lost to the next VACUUM", $"Everything is rolled back. A page was written twice. Take the copies out by hand with heap_force_kill of the extension pg_surgery, which leaves long values alone, then REINDEX INDEX {key.Quoted}.");
        }
    }

    /// <summary>
    /// What a page written twice has double are rows that point to the very same long values. The server would delete those with the copy; that
    /// it already has, it says where it is told to delete the row that stays as well. That is taken back at once.
    /// </summary>
    private async Task RequireOwnValuesAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        if (!await HasLongValuesAsync(session, key, cancel).ConfigureAwait(false))
        {
            return;
        }
        var places = decisions.Select(d => d.Winner.Place).ToArray();
        foreach (var statement in Trial(key, (await Reference.ToAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false)).Count > 0))
        {
            log.Add(statement);
            await session.Connection.ExecuteAsync(new CommandDefinition(statement, new { places }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes the rows that stay, and takes it back at once, which sets the role back as well.</summary>
    public static IReadOnlyList<string> Trial(UniqueKey key, bool isReferredTo) =>
    [
        "SAVEPOINT the_rows_that_stay",
        .. isReferredTo ? new[] { ForeignKeyClosure.Role("replica") } : [],
        $"DELETE FROM ONLY {key.TableQuoted} t WHERE t.ctid = ANY (@places::text[]::tid[])",
        "ROLLBACK TO SAVEPOINT the_rows_that_stay",
    ];

    public static Task<bool> HasLongValuesAsync(RepairSession session, UniqueKey key, CancellationToken cancel) =>
        session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IndexLook>("has_long_values"), new { oid = key.TableOid }, cancellationToken: cancel));

    /// <summary>Two places of a broken page may lead to one row: who deletes it at one deletes it at the other.</summary>
    private async Task RequireWinnersAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        var stayed = await session.Connection.ExecuteScalarAsync<long>(new CommandDefinition(
            $"SELECT pg_catalog.count(*) FROM ONLY {key.TableQuoted} t WHERE t.ctid = ANY (@places::text[]::tid[])",
            new { places = decisions.Select(d => d.Winner.Place).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        if (stayed != decisions.Count)
        {
            throw new HealingException(
                $"{decisions.Count - stayed} row(s) of {key.TableQuoted} that were to stay went with their copies: two places of a page lead to one row", "Everything is rolled back. Nothing is double there: the page is broken, and another row was at one of the places.");
        }
    }

    /// <summary>What finds and locks the rows that refer to one that goes.</summary>
    public static string Referrers(UniqueKey key, Reference reference) =>
        $"SELECT t.ctid::text FROM ONLY {reference.Quoted} t WHERE EXISTS (SELECT FROM ONLY {key.TableQuoted} p WHERE p.ctid = ANY (@places::text[]::tid[]) AND {reference.Condition}) FOR UPDATE OF t";

    /// <summary>Each column of a key to the value of the row that stays.</summary>
    /// <param name="stays">Its place, in SQL.</param>
    public static async Task<IReadOnlyDictionary<string, string>> RepointingAsync(RepairSession session, UniqueKey key, Reference reference, string stays, CancellationToken cancel) =>
        (await session.Connection.QueryAsync<(string Column, string RefersTo)>(new CommandDefinition(Sql.Of<IndexLook>("references_by_column"), new { oid = reference.Oid }, cancellationToken: cancel)).ConfigureAwait(false))
        .ToDictionary(c => c.Column,
            c => $"(SELECT \"kept copy\".{c.RefersTo} FROM ONLY {key.TableQuoted} AS \"kept copy\" WHERE \"kept copy\".ctid OPERATOR(pg_catalog.=) {stays}::pg_catalog.tid)", StringComparer.Ordinal);

    /// <summary>The rows by their places of now: whoever changes another column of one, or this very batch by another key, gives it a new one.</summary>
    private async Task<long> RepointAsync(DuplicateCopy loser, Referring referring, DuplicateCopy winner, CancellationToken cancel)
    {
        var places = (await session.Connection.QueryAsync<string>(new CommandDefinition(
            Referrers(key, referring.Reference), new { places = new[] { loser.Place } }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        var table = await QuarantineTable.OfAsync(session.Connection, referring.Reference.Leaf, cancel).ConfigureAwait(false);
        var set = await RepointingAsync(session, key, referring.Reference, $"'{winner.Place}'", cancel).ConfigureAwait(false);
        return await batch.ChangeAsync(table, places, set, cancel).ConfigureAwait(false) == places.Count ? places.Count : -1;
    }

    /// <summary>Whether any row refers to one that goes, and to none that stays.</summary>
    private async Task<bool> IsReferredToAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        var places = new { losers = decisions.SelectMany(d => d.Losers).Select(l => l.Place).ToArray(), winners = decisions.Select(d => d.Winner.Place).ToArray() };
        foreach (var reference in await Reference.ToAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false))
        {
            if (await session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                $"""
                WITH gone AS MATERIALIZED (SELECT s.* FROM ONLY {key.TableQuoted} s WHERE s.ctid = ANY (@losers::text[]::tid[])),
                     kept AS MATERIALIZED (SELECT s.* FROM ONLY {key.TableQuoted} s WHERE s.ctid = ANY (@winners::text[]::tid[]))
                SELECT EXISTS (SELECT FROM ONLY {reference.Quoted} t WHERE EXISTS (SELECT FROM gone p WHERE {reference.Condition}) AND NOT EXISTS (SELECT FROM kept p WHERE {reference.Condition}))
                """, places, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false))
            {
                return true;
            }
        }
        return false;
    }
}
