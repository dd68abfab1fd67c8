using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Keeps the evidence before a repair: the relation's files where they can be had, else, for derived data, what tells of it.</summary>
/// <param name="freeSpace">Free bytes on the disk of a directory.</param>
public sealed class SnapshotTaker(string stateDirectory, TimeProvider clock, Func<string, long> freeSpace)
{
    private const int Piece = 1 << 20;
    private const long Reserve = 16L << 20;
    /// <summary>What copies of files leave to everybody else on this disk, the server itself perhaps among them.</summary>
    private const long ReserveOfFiles = 256L << 20;
    private const long LookEach = 64L << 20;

    public SnapshotTaker(string stateDirectory, TimeProvider clock) : this(stateDirectory, clock, static place => new DriveInfo(place).AvailableFreeSpace)
    {
    }

    /// <summary>Copies of whole servers are kept beside, by the same room.</summary>
    public BaseSnapshotTaker Bases => new(Root, clock, freeSpace) { OnDraft = OnDraft };

    /// <summary>Called when a copy of a server is complete and has not got its name yet.</summary>
    public Action OnDraft { get; init; } = static () => { };

    /// <summary>What the place is called in which snapshots lie.</summary>
    public Storage Storage => new(stateDirectory);

    public string Root => Path.GetFullPath(Path.Combine(stateDirectory, "snapshots"));

    /// <summary>Throws <see cref="HealingException"/> when the evidence that the repair needs cannot be kept.</summary>
    public async Task<TakenSnapshot> TakeAsync(SnapshotRequest request, CancellationToken cancel)
    {
        Directory.CreateDirectory(Root);
        try
        {
            var files = request.Relations.Count + request.Pages.Count == 0 ? null
                : await ServerFilesFinder.FindAsync(request.Target, request.Facts, request.Connection, cancel).ConfigureAwait(false);
            if (files is not null)
            {
                return await CopyAsync(request, files, cancel).ConfigureAwait(false);
            }
            return request.Derived
                ? await EvidenceAsync(request, cancel).ConfigureAwait(false)
                : throw new HealingException("the server gives no access to its files, and this repair needs a copy of them",
                    "Set data_directory, or GRANT EXECUTE ON FUNCTION pg_read_binary_file(text,bigint,bigint,boolean), pg_stat_file(text,boolean) to the repair role.");
        }
        catch (IOException e) when (e.HResult is 28 or unchecked((int)0x80070070) || e.Message.Contains("No space left", StringComparison.Ordinal))
        {
            throw SnapshotFolder.Full(Root, null, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HealingException($"the snapshot cannot be written in {Root}: {e.Message}", "Let the worker's user write there, or set state_directory.", e);
        }
    }

    private async Task<TakenSnapshot> CopyAsync(SnapshotRequest request, IServerFiles files, CancellationToken cancel)
    {
        var flushed = await Checkpoint.TryAsync(request.Connection, cancel).ConfigureAwait(false);
        var lsn = await request.Connection.ExecuteScalarAsync<string?>(new CommandDefinition(Sql.Of<RelationPlace>("position"), cancellationToken: cancel)).ConfigureAwait(false);
        var places = await RelationPlace.OfAsync(request.Connection, request.Relations, cancel).ConfigureAwait(false);
        var found = new List<(RelationPlace Place, IReadOnlyList<FoundFile> Files)>();
        foreach (var place in places.Where(p => p.Path is not null))
        {
            found.Add((place, await RelationFile.ListAsync(files, place.Path!, cancel).ConfigureAwait(false)));
        }
        var tooLarge = request.AsRoomAllows ? LeaveOut(found) : [];
        RequireRoom(found.Sum(f => f.Files.Sum(x => x.Length)), ReserveOfFiles);
        await using var folder = new SnapshotFolder(Root, request.Incident.Id, request.Attempt);
        var images = await SinglePages.IntoAsync(folder, request, files, cancel).ConfigureAwait(false);
        foreach (var file in found.SelectMany(f => f.Files))
        {
            await folder.AddAsync(file.Path.Replace('/', '_'), file.Path, into => CopyFileAsync(files, file, into, cancel), cancel).ConfigureAwait(false);
        }
        await AddStoryAsync(folder, request, cancel).ConfigureAwait(false);
        var relations = found.Select(f => new SnapshotRelation(f.Place.Oid, f.Place.Name, f.Place.Path!, f.Place.FileNode,
            f.Files.Where(x => x.Fork.Length == 0).Sum(x => x.Length) / PageHeader.BlockSize, f.Files.All(x => x.Fork.Length > 0))).ToList();
        var missing = relations.Where(r => r.Missing).Select(r => r.Name).ToList();
        var note = missing.Count > 0 ? $"no file on the server for {string.Join(", ", missing)}: this absence is recorded as the snapshot of it" : null;
        if (tooLarge.Count > 0)
        {
            note = $"{(note is null ? "" : $"{note}; ")}no room in {Root} for the files of {string.Join(", ", tooLarge)}: copy them elsewhere before anything is written to the table";
        }
        return await folder.FinishAsync(Manifest(request, folder, "relation_files", files.Way, lsn, relations, flushed ? note : $"{note} not flushed before: the role may not CHECKPOINT".Trim()),
            request.AsRoomAllows ? Named(images, relations, files.Way, note) : note ?? $"files of {relations.Count} relation(s) copied {files.Way}", cancel).ConfigureAwait(false);
    }

    /// <summary>For a person who is to find something in it.</summary>
    private static string Named(IReadOnlyList<(string Relation, long Block)> images, IReadOnlyList<SnapshotRelation> relations, string way, string? note)
    {
        var there = relations.Where(r => !r.Missing).Select(r => r.Name).ToList();
        var kept = string.Join(" and ", SinglePages.Said(images).Concat(there.Count == 0 ? [] : [$"the files of {string.Join(", ", there)}"]));
        return string.Join("; ", new[] { kept.Length == 0 ? null : $"{kept}, copied {way}", note }.OfType<string>());
    }

    private async Task<TakenSnapshot> EvidenceAsync(SnapshotRequest request, CancellationToken cancel)
    {
        RequireRoom(0, Reserve);
        await using var folder = new SnapshotFolder(Root, request.Incident.Id, request.Attempt);
        await AddStoryAsync(folder, request, cancel).ConfigureAwait(false);
        var places = await RelationPlace.OfAsync(request.Connection, request.Relations, cancel).ConfigureAwait(false);
        var dumped = 0;
        foreach (var place in places)
        {
            dumped += await PageDump.IntoAsync(folder, request, place, null, cancel).ConfigureAwait(false);
        }
        foreach (var place in await RelationPlace.OfAsync(request.Connection, [.. request.Pages.Select(p => p.Oid)], cancel).ConfigureAwait(false))
        {
            dumped += await PageDump.IntoAsync(folder, request, place, request.Pages.First(p => p.Oid == place.Oid).Blocks, cancel).ConfigureAwait(false);
        }
        var said = dumped > 0 ? $"evidence: definition, check output and {dumped} pages" : "evidence: definition and check output";
        return await folder.FinishAsync(Manifest(request, folder, "evidence", "evidence", null, [], null), said, cancel).ConfigureAwait(false);
    }

    private static Task AddStoryAsync(SnapshotFolder folder, SnapshotRequest request, CancellationToken cancel)
    {
        var incident = request.Incident;
        var story = new { kind = incident.Kind.Name, @object = incident.Object.Quoted, oid = incident.Object.Oid, check = incident.Check, incident.Detail, incident.Evidence, definitions = request.Definitions };
        var bytes = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(story, LedgerJson.Options);
        return folder.AddAsync("evidence.json", "the check and the catalogue", into => into.WriteAsync(bytes, cancel).AsTask(), cancel);
    }

    private SnapshotManifest Manifest(SnapshotRequest request, SnapshotFolder folder, string kind, string way, string? lsn, IReadOnlyList<SnapshotRelation> relations, string? note) => new()
    {
        Kind = kind,
        Incident = request.Incident.Id,
        Attempt = request.Attempt,
        Target = request.Target.Name,
        SystemIdentifier = request.Facts.Id.SystemIdentifier,
        Object = request.Incident.Object.Quoted,
        Way = way,
        Lsn = lsn,
        TakenAt = clock.GetUtcNow(),
        Relations = relations,
        Files = [.. folder.Files],
        Note = note,
    };

    /// <summary>The largest first, until the rest has room. Their names.</summary>
    private List<string> LeaveOut(List<(RelationPlace Place, IReadOnlyList<FoundFile> Files)> found)
    {
        var (without, free) = (new List<string>(), freeSpace(Root) - ReserveOfFiles);
        foreach (var one in found.OrderByDescending(f => f.Files.Sum(x => x.Length)).ToList())
        {
            if (found.Sum(f => f.Files.Sum(x => x.Length)) <= free)
            {
                break;
            }
            found.Remove(one);
            without.Add(one.Place.Name);
        }
        return without;
    }

    private void RequireRoom(long bytes, long reserve)
    {
        if (freeSpace(Root) < bytes + reserve)
        {
            throw SnapshotFolder.Full(Root, bytes + reserve);
        }
    }

    /// <summary>Others write to this disk too: what was enough at the beginning is looked at again on the way.</summary>
    private async Task CopyFileAsync(IServerFiles files, FoundFile file, Stream into, CancellationToken cancel)
    {
        var buffer = new byte[Piece];
        for (var offset = 0L; ;)
        {
            var read = await files.ReadAsync(file.Path, offset, buffer, cancel).ConfigureAwait(false);
            await into.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            offset += read;
            if (offset / LookEach != (offset - read) / LookEach)
            {
                RequireRoom(0, ReserveOfFiles);
            }
            if (read < buffer.Length)
            {
                return;
            }
        }
    }
}
