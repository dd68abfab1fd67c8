using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Asks a target, as each role that works there, what that role lacks.</summary>
public static class TargetRights
{
    public static async Task<IReadOnlyList<RightLacking>> LackingAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var lacking = new List<RightLacking>();
        await using (var checks = await target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            await AskAsync(checks, RightOf.Check, facts.Major, lacking, cancel).ConfigureAwait(false);
        }
        if (facts.IsStandby)
        {
            return lacking;
        }
        await using (var repairs = await target.OpenRepairAsync(cancel).ConfigureAwait(false))
        {
            await AskAsync(repairs, RightOf.Repair, facts.Major, lacking, cancel).ConfigureAwait(false);
        }
        await using (var surgery = await target.OpenSurgeryAsync(cancel).ConfigureAwait(false))
        {
            await AskAsync(surgery, RightOf.Surgery, facts.Major, lacking, cancel).ConfigureAwait(false);
        }
        return lacking;
    }

    private static async Task AskAsync(NpgsqlConnection connection, RightOf of, int major, List<RightLacking> lacking, CancellationToken cancel)
    {
        var has = (await connection.QueryAsync<RightSeen>(new CommandDefinition(Sql.Of(typeof(TargetRights), "rights"), cancellationToken: cancel)).ConfigureAwait(false)).ToDictionary(r => r.Name, StringComparer.Ordinal);
        foreach (var need in RightNeeds.All.Where(n => n.Of == of && n.FirstMajor <= major))
        {
            if (has[need.Name] is { Has: false } seen)
            {
                lacking.Add(new(of, seen.Role, need.Name, need.Right, need.NeededBy, seen.Detail, seen.GrantSql ?? ""));
            }
        }
    }

    private sealed record RightSeen
    {
        public required string Name { get; init; }
        public required string Role { get; init; }
        public required bool Has { get; init; }
        public string? Detail { get; init; }
        public string? GrantSql { get; init; }
    }
}
