using System.Globalization;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Whether pages that are damaged in a backup are damaged in the live database as well. One that cannot be read there is taken for damaged: somebody must look.</summary>
internal sealed class LivePages(Target target)
{
    public const string CheckName = "restore_test";
    private const int Most = 50;

    /// <param name="pages">Of this database.</param>
    public async Task<IReadOnlyList<Finding>> LookAsync(long backup, IReadOnlyList<BadCopiedPage> pages, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        if (pages.Count == 0)
        {
            return findings;
        }
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var files = await ServerFilesFinder.FindAsync(target, facts, connection, cancel).ConfigureAwait(false);
        foreach (var page in pages.Take(Most))
        {
            var place = await RelationPlace.OfAsync(connection, [page.Oid], cancel).ConfigureAwait(false) is [var only] ? only : null;
            // written anew since, or gone: that block is no more
            if (place?.Path is not { } path || !(page.File == path || page.File.StartsWith(path + "_", StringComparison.Ordinal)))
            {
                continue;
            }
            if (await SaysAsync(files, facts, page, cancel).ConfigureAwait(false) is { } said)
            {
                var kind = page.IsIndex || page.File != path ? FindingKind.ChecksumFailures : FindingKind.HeapPageInvalid;
                var detail = string.Create(CultureInfo.InvariantCulture, $"block {page.Block} of {place.Name} ({page.File}) is damaged in backup {backup} ({page.Verdict.Replace('_', ' ')}); {said}");
                findings.Add(Finding.InBlock(CheckName, kind, facts.Id, new(place.Oid, place.Name), page.Block, [], detail));
            }
        }
        return findings;
    }

    /// <summary>Null where the live page is sound.</summary>
    private static async Task<string?> SaysAsync(IServerFiles? files, TargetFacts facts, BadCopiedPage page, CancellationToken cancel)
    {
        if (files is null)
        {
            return $"the live page could not be looked at: {ServerFilesFinder.WhyNot(facts)}";
        }
        try
        {
            var live = await PageReading.JudgeBlocksAsync(files, page.File, [page.Block], facts.DataChecksums, cancel).ConfigureAwait(false);
            return live.Bad.Count > 0 ? "the live page is damaged as well" : null;
        }
        catch (Exception e) when (e is PostgresException or IOException or UnauthorizedAccessException)
        {
            return $"the live page cannot be read: {e.Message}";
        }
    }
}
