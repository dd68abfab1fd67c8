using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Tables that refer, without an index, to rows that are taken away: all of such a table is read while those rows are locked.</summary>
internal sealed class SlowReferences(NpgsqlConnection connection)
{
    private const int Shown = 5;

    /// <summary>A note for each, for whoever reads the plan.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(IReadOnlyList<RelationName> leaves, CancellationToken cancel)
    {
        var (next, seen, slow) = (new Queue<long>(leaves.Select(l => l.Oid)), new HashSet<long>(leaves.Select(l => l.Oid)), new List<string>());
        while (next.TryDequeue(out var table))
        {
            foreach (var reference in await Reference.ToAsync(connection, table, cancel).ConfigureAwait(false))
            {
                if (!reference.IsIndexed)
                {
                    slow.Add($"{reference.Quoted} refers to it by {reference.Name} without an index: each batch reads all of it while its rows are locked, which takes longer than an eighth of a second where it is large");
                }
                if (reference.OnDelete is "c" && seen.Add(reference.Leaf))
                {
                    next.Enqueue(reference.Leaf);
                }
            }
        }
        return [.. slow.Distinct(StringComparer.Ordinal).Take(Shown)];
    }
}
