using System.Reflection;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Copies a whole server, by the first way that can be gone.</summary>
/// <param name="root">Where copies are kept.</param>
/// <param name="freeSpace">Free bytes on the disk of a directory.</param>
public sealed class BaseSnapshotTaker(string root, TimeProvider clock, Func<string, long> freeSpace)
{
    private const long Reserve = 256L << 20;
    private static readonly IBaseWay[] Ways = [new ByPgBasebackup(), new ByCopy(), new ByStopping()];

    public string Root => Path.Combine(root, "base");

    /// <summary>Called when a copy is complete and has not got its name yet.</summary>
    public Action OnDraft { get; init; } = static () => { };

    /// <summary>Throws <see cref="HealingException"/>, with all the reasons, when there is no way.</summary>
    public async Task<TakenBase> TakeAsync(BaseRequest request, BaseSnapshot kind, CancellationToken cancel)
    {
        var places = await RoomAsync(request, cancel).ConfigureAwait(false);
        var why = new List<string>();
        foreach (var way in Ways.Where(w => w.Kind == kind))
        {
            if (await way.WhyNotAsync(request, cancel).ConfigureAwait(false) is { } no)
            {
                why.Add(no);
                continue;
            }
            var (taken, failed) = await GoAsync(way, request, places, cancel).ConfigureAwait(false);
            if (taken is not null)
            {
                return taken;
            }
            why.Add(failed);
        }
        throw new HealingException($"no {kind.Name()} can be taken: {string.Join("; ", why)}",
            "Give the repair role REPLICATION and a line for replication in pg_hba.conf, or set data_directory; snapshots.base_backup: never does without.");
    }

    /// <summary>While the server still runs, all that a copy of it needs once the repair has stopped it. Throws <see cref="HealingException"/> where there can be none.</summary>
    internal async Task<ServerPlaces> ForeseeAsync(BaseRequest request, CancellationToken cancel)
    {
        var places = await RoomAsync(request, cancel).ConfigureAwait(false);
        return (request.WhyNotStop ?? (places.DataDirectory is null ? "the server's data directory is not seen from here" : null)) is { } no
            ? throw new HealingException($"no {BaseSnapshot.DataDirectory.Name()} can be taken: {no}", "Set data_directory, and a maintenance_window.") : places;
    }

    /// <summary>Only while the server is stopped.</summary>
    internal async Task<TakenBase> TakeStoppedAsync(BaseRequest request, ServerPlaces places, CancellationToken cancel)
    {
        var (taken, failed) = await GoAsync(new WhileStopped(), request, places, cancel).ConfigureAwait(false);
        return taken ?? throw new HealingException($"no {BaseSnapshot.DataDirectory.Name()} can be taken: {failed}", "snapshots.base_backup: never does without.");
    }

    private async Task<(TakenBase? Taken, string Failed)> GoAsync(IBaseWay way, BaseRequest request, ServerPlaces places, CancellationToken cancel)
    {
        await using var folder = new BaseFolder(Root, request.Name);
        if (await TryAsync(way, request, places, folder, cancel).ConfigureAwait(false) is { } failed)
        {
            return (null, failed);
        }
        OnDraft();
        return (await folder.FinishAsync(Manifest(request, way), way.Kind, Script(await BinAsync(request, cancel).ConfigureAwait(false), Targets.LocalOwner.Usual), cancel).ConfigureAwait(false), "");
    }

    private async Task<ServerPlaces> RoomAsync(BaseRequest request, CancellationToken cancel)
    {
        var places = await ServerPlaces.OfAsync(request, cancel).ConfigureAwait(false);
        if (places.Bytes > request.Most)
        {
            throw new HealingException($"the server holds {places.Bytes >> 20} MB, and {request.MostKey} is {request.Most >> 20} MB", "Raise it where there is room.");
        }
        Directory.CreateDirectory(Root);
        RequireRoom(places.Bytes);
        return places;
    }

    private async Task<string?> TryAsync(IBaseWay way, BaseRequest request, ServerPlaces places, BaseFolder folder, CancellationToken cancel)
    {
        try
        {
            return await way.CopyAsync(request, places, folder, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{way.Name}: {e.Message}";
        }
    }

    private SnapshotManifest Manifest(BaseRequest request, IBaseWay way) => new()
    {
        Kind = way.Kind.Name(),
        Incident = request.Incident.Id,
        Attempt = request.Attempt,
        Target = request.Target.Name,
        SystemIdentifier = request.Facts.Id.SystemIdentifier,
        Object = request.Incident.Object.Quoted,
        Way = way.Name,
        Lsn = null,
        TakenAt = clock.GetUtcNow(),
        Relations = [],
        Files = [],
        Note = null,
    };

    /// <summary>Whoever restores finds the programs where they were when it was taken.</summary>
    internal static async Task<string> BinAsync(CopyRequest request, CancellationToken cancel) =>
        Path.GetDirectoryName(await Targets.ServerPrograms.FindAsync("pg_ctl", request.Facts.Major, request.Programs, request.Facts.DataDirectory, cancel).ConfigureAwait(false)) ?? $"/usr/lib/postgresql/{request.Facts.Major}/bin";

    /// <summary>What brings a copy back to life.</summary>
    internal static string Script(string bin, string owner)
    {
        using var stream = typeof(BaseSnapshotTaker).Assembly.GetManifestResourceStream($"{typeof(BaseSnapshotTaker).Namespace}.Base.restore.sh")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("@BIN@", bin, StringComparison.Ordinal).Replace("@OWNER@", owner, StringComparison.Ordinal);
    }

    /// <summary>A tenth more than there is now, since it goes on growing while it is copied.</summary>
    private void RequireRoom(long bytes)
    {
        var needed = bytes + bytes / 10 + Reserve;
        if (freeSpace(Root) < needed)
        {
            throw SnapshotFolder.Full(Root, needed);
        }
    }
}
