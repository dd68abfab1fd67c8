using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What verify_heapam says of one block, asked by a repair before and after it works there.</summary>
public static class HeapLook
{
    private const string Check = "heap";

    /// <summary>Null where the block cannot be read at all.</summary>
    public static async Task<IReadOnlyList<HeapDamageRow>?> OfBlockAsync(Target target, TargetFacts facts, RelationName table, long block, CancellationToken cancel)
    {
        var request = new CheckRequest(target, CheckScope.OfTable(table.Oid));
        var deadly = await DeadlyReads.OpenAsync(Check, request, facts, cancel).ConfigureAwait(false);
        await using var session = new HeapSession(target, facts.SchemaOf("amcheck") ?? throw new Errors.HealingException("the extension amcheck is not installed", "run `healing grant`, or CREATE EXTENSION amcheck"), deadly);
        foreach (var toast in new[] { true, false })
        {
            try
            {
                return await session.VerifyAsync(table, block, block, toast, cancel).ConfigureAwait(false);
            }
            catch (Npgsql.PostgresException e) when (HeapWalk.IsDamage(e))
            {
                // without its long values, or not at all
            }
        }
        return null;
    }
}
