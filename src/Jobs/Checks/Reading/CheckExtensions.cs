using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The extensions that checks need, where this role may create them.</summary>
public static class CheckExtensions
{
    public static IReadOnlyList<string> All { get; } = ["amcheck", "pg_visibility"];

    /// <summary>Tells the indexes of the catalogue that kept one out: they are damage of their own. What lacks an extension afterwards says so itself.</summary>
    public static async Task<IReadOnlyList<CheckReport>> CreateAsync(Target target, IReadOnlyList<string> extensions, CancellationToken cancel)
    {
        if (extensions.Count == 0)
        {
            return [];
        }
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var missing = extensions.Where(e => facts.SchemaOf(e) is null).ToList();
        var stumbled = new List<CheckReport>();
        foreach (var extension in missing)
        {
            // each in a session of its own: a catalogue that is damaged itself ends it
            await using var connection = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
            try
            {
                await using var command = new NpgsqlCommand($"CREATE EXTENSION IF NOT EXISTS {extension}", connection);
                await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                if (await ServerVerdict.OfAsync(BtreeCheck.CheckName, target, e, TimeSpan.Zero, cancel).ConfigureAwait(false) is { } damage
                    && !stumbled.Exists(s => s.Findings[0].Fingerprint == damage.Findings[0].Fingerprint))
                {
                    stumbled.Add(damage);
                }
            }
        }
        if (missing.Count > 0)
        {
            target.Forget();
        }
        return stumbled;
    }
}
