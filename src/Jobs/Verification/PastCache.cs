using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Reads back from disk what a repair built or changed: some of it looks good only while it is in shared buffers.</summary>
internal sealed class PastCache(RepairSession session)
{
    private IServerFiles? _files;
    private long _pages;

    public async Task<VerificationResult> ReadAsync(RepairResult result, CancellationToken cancel)
    {
        var places = await RelationPlace.OfAsync(session.Connection, [.. result.Rebuilt.Union(result.Touched.Select(t => t.Oid))], cancel).ConfigureAwait(false);
        if (places.Count == 0)
        {
            return new(Proof.Proven, true, "nothing is left on disk to be read back");
        }
        _files = await ServerFilesFinder.FindAsync(session.Target, session.Facts, session.Connection, cancel).ConfigureAwait(false);
        var flushed = _files is not null && await Checkpoint.TryAsync(session.Connection, cancel).ConfigureAwait(false);
        var indexes = new List<VerifiedIndex>();
        foreach (var place in places)
        {
            var before = _pages;
            if (flushed && place.Path is not null && await WrongAsync(place, result, cancel).ConfigureAwait(false) is { } wrong)
            {
                return new(Proof.Wrong, true, $"{place.Name} {wrong}");
            }
            if (result.Rebuilt.Contains(place.Oid))
            {
                var look = await IndexLook.AtAsync(session.Connection, new(place.Oid, place.Name), cancel).ConfigureAwait(false);
                indexes.Add(new(place.Oid, place.Name, place.FileNode, look?.Definition ?? "", flushed && place.Path is not null ? _pages - before : null));
            }
        }
        var said = flushed ? $"{_pages} pages read back from disk {_files!.Way}{(session.Facts.DataChecksums ? " with their checksums" : "")}" : VerificationResult.MemoryOnly;
        return new(Proof.Proven, flushed, said) { Indexes = indexes };
    }

    /// <summary>What is wrong on disk with what was rebuilt or changed of a relation. Other pages of a table may be damaged too: they are other incidents.</summary>
    private async Task<string?> WrongAsync(RelationPlace place, RepairResult result, CancellationToken cancel)
    {
        var checksums = session.Facts.DataChecksums;
        if (result.Rebuilt.Contains(place.Oid))
        {
            var whole = await PageReading.JudgeAsync(_files!, place.Path!, checksums, cancel).ConfigureAwait(false);
            return whole.Pages == 0 ? "has no page on disk" : Bad(whole);
        }
        foreach (var touched in result.Touched.Where(t => t.Oid == place.Oid))
        {
            var count = touched.Blocks.Count == 0 ? await PageReading.JudgeAsync(_files!, place.Path!, checksums, cancel, touched.Fork).ConfigureAwait(false)
                : await PageReading.JudgeBlocksAsync(_files!, place.Path! + touched.Fork, touched.Blocks, checksums, cancel).ConfigureAwait(false);
            if (Bad(count) is { } bad)
            {
                return bad;
            }
        }
        return null;
    }

    private string? Bad(PageCount count)
    {
        _pages += count.Pages;
        return count.Bad.Count == 0 ? null : $"has {count.Bad.Count} bad page(s) on disk, the first is block {count.Bad[0].Block} ({count.Bad[0].Verdict})";
    }
}
