using System.Globalization;
using System.Text;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Looks at every row of the keys that are double, within the open transaction, and says which is to stay: the one that others refer to, else the oldest, or as the owner's rule says.</summary>
internal static class DuplicateLook
{
    private static readonly CompositeFormat Rows = CompositeFormat.Parse(Sql.Of<IndexLook>("duplicate_rows"));

    /// <param name="soft">Null: who points at them by a rule alone is known already.</param>
    /// <param name="hold">Locks the rows before it looks at who refers to them: who was about to is seen, and who comes now waits, since no lock of the table keeps a foreign key from asking.</param>
    public static async Task<IReadOnlyList<DuplicateDecision>> DecideAsync(NpgsqlConnection connection, UniqueKey key, KeepRow keep, SoftReferences? soft, CancellationToken cancel, bool hold = false)
    {
        // two values that differ would else be written alike, as the database has it set
        await QuarantineSchema.UseSettingsAsync(connection, cancel).ConfigureAwait(false);
        var members = await UniqueKeys.MembersAsync(connection, key, cancel).ConfigureAwait(false);
        if (members.Count == 0)
        {
            return [];
        }
        if (hold)
        {
            await connection.ExecuteAsync(new CommandDefinition(Holding(key),
                new { places = members.Select(m => m.Place).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        }
        var table = await QuarantineTable.OfAsync(connection, key.TableOid, cancel).ConfigureAwait(false);
        var copies = (await connection.QueryAsync<(string Place, long? Age, string Said)>(new CommandDefinition(
            string.Format(CultureInfo.InvariantCulture, Rows, table.Quoted, table.Values),
            new { places = members.Select(m => m.Place).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false))
            .ToDictionary(c => c.Place, c => new DuplicateCopy(c.Place, c.Age, c.Said), StringComparer.Ordinal);
        var groups = members.GroupBy(m => m.Group).Select(g => (g.First().Key, Copies: g.Select(m => copies[m.Place]).ToList())).ToList();
        foreach (var reference in await Reference.ToAsync(connection, key.TableOid, cancel).ConfigureAwait(false))
        {
            foreach (var (_, group) in groups)
            {
                await ReferringAsync(connection, key, reference, group, cancel).ConfigureAwait(false);
            }
        }
        var decisions = groups.Select(g => Decide(g.Key, g.Copies, keep)).ToList();
        if (soft is null)
        {
            return decisions;
        }
        var softly = await soft.AtAsync(new(key.TableOid, key.TableQuoted), decisions.SelectMany(d => d.Losers).Select(l => l.Place), decisions.Select(d => d.Winner.Place), cancel).ConfigureAwait(false);
        return softly.Count == 0 ? decisions : [.. decisions.Select(d => d with { Loose = [.. SoftlyReferring.Told(softly.Select(s => s.To(d.Losers.Select(l => l.Place))).OfType<SoftlyReferring>())] })];
    }

    /// <summary>What locks the rows that share a key.</summary>
    public static string Holding(UniqueKey key) => $"SELECT FROM ONLY {key.TableQuoted} t WHERE t.ctid = ANY (@places::text[]::tid[]) FOR UPDATE";

    /// <summary>Where all copies have the same value, whoever refers to it refers to the one that stays.</summary>
    private static async Task ReferringAsync(NpgsqlConnection connection, UniqueKey key, Reference reference, List<DuplicateCopy> group, CancellationToken cancel)
    {
        var referred = (await connection.QueryAsync<(string Copy, string Row)>(new CommandDefinition(
            // not joined directly: the server would stop at the first match, believing in the very key that is double
            $"WITH p AS MATERIALIZED (SELECT s.ctid AS \"copy place\", s.* FROM ONLY {key.TableQuoted} s WHERE s.ctid = ANY (@places::text[]::tid[])) SELECT p.\"copy place\"::text, t.ctid::text FROM p JOIN ONLY {reference.Quoted} t ON {reference.Condition} ORDER BY 2",
            new { places = group.Select(c => c.Place).ToArray() }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).ToLookup(r => r.Copy, r => r.Row);
        var same = group.TrueForAll(c => referred[c.Place].SequenceEqual(referred[group[0].Place], StringComparer.Ordinal));
        foreach (var copy in group.Where(c => !same && referred.Contains(c.Place)))
        {
            copy.Referring.Add(new(reference, [.. referred[copy.Place]]));
        }
    }

    internal static DuplicateDecision Decide(string key, IReadOnlyList<DuplicateCopy> copies, KeepRow keep)
    {
        var known = copies.All(c => c.Age is not null);
        var byAge = copies.OrderByDescending(c => known ? c.Age : 0).ThenBy(c => PlaceOrder(c.Place)).ToList();
        var referred = byAge.Where(c => c.Referring.Count > 0).ToList();
        var (winner, why, clear) = keep == KeepRow.Oldest && IsFirstOldest(byAge) ? (byAge[0], "it was written the longest ago, and the rule says to keep that", true)
            : referred.Count == 1 ? (referred[0], "others refer to it and to none of the rest", true)
            : copies.All(c => c.Said == copies[0].Said) ? (byAge[0], $"they are equal, and {First("")}", true)
            : referred.Count > 1 ? (referred[0], $"others refer to several of them, and {First(" of those")}", false)
            : (byAge[0], $"nobody refers to any of them, and {First("")}", false);
        var losers = byAge.Where(c => c != winner).ToList();
        TellOnce(winner, losers);
        return new(key, winner, losers, why, clear);

        string First(string of) => known ? $"it is the oldest{of}" : $"it is the first{of} by its place, since their ages cannot be told";
    }

    /// <summary>Who refers to the row that stays as well keeps its reference, and who refers to several that go is told of with the first.</summary>
    private static void TellOnce(DuplicateCopy winner, List<DuplicateCopy> losers)
    {
        var told = winner.Referring.SelectMany(r => r.Places.Select(p => (r.Reference, p))).ToHashSet();
        foreach (var loser in losers)
        {
            var first = loser.Referring.Select(r => r with { Places = [.. r.Places.Where(p => told.Add((r.Reference, p)))] }).Where(r => r.Places.Count > 0).ToList();
            loser.Referring.Clear();
            loser.Referring.AddRange(first);
        }
    }

    /// <summary>Rows of one transaction are as old as each other.</summary>
    private static bool IsFirstOldest(List<DuplicateCopy> byAge) => byAge.TrueForAll(c => c.Age is not null) && byAge[0].Age > byAge[1].Age;

    private static (long, long) PlaceOrder(string place)
    {
        var parts = place.Trim('(', ')').Split(',');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
