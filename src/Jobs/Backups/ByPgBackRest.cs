using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>pgbackrest with a repository that somebody has set up: its own backup, verify, expire and restore; ours are the counts and the ledger.</summary>
internal sealed class ByPgBackRest(PgBackRestOptions options, Storage storage) : IBackupWay
{
    private const string Prefix = "pgbackrest:";
    private static readonly TimeSpan FullEvery = TimeSpan.FromDays(7);

    public BackupProvider Provider => BackupProvider.Pgbackrest;

    public Storage Storage => storage;

    public async Task<string?> WhyNotAsync(BackupRequest request, CancellationToken cancel)
    {
        if (!PgBackRest.IsHere)
        {
            return "pgbackrest is not installed here";
        }
        var info = await Of(request).InfoAsync(cancel).ConfigureAwait(false);
        var (code, message) = ((int)info["status"]!["code"]!, (string?)info["status"]!["message"]);
        var known = info["db"]!.AsArray().Select(d => d!["system-id"]!.ToString()).ToList();
        return code is not (0 or 2) ? $"pgbackrest says of stanza {info["name"]}: {message}"
            : known.Contains(request.Facts.Id.SystemIdentifier, StringComparer.Ordinal) ? null
            : $"stanza {info["name"]} is of server {string.Join(", ", known)}, and {request.Target.Name} is {request.Facts.Id.SystemIdentifier}";
    }

    public async Task<string?> NoRoomAsync(BackupRequest request, CancellationToken cancel)
    {
        if (await Of(request).RepositoryAsync(cancel).ConfigureAwait(false) is not { } repository)
        {
            return null;
        }
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        var places = await ServerPlaces.OfAsync(new(request.Target, request.Facts, session, request.Name, request.Programs), cancel).ConfigureAwait(false);
        return BackupRoom.WhyNot(request with { Place = Path.Combine(repository, request.Name) }, places.Bytes);
    }

    public async Task<TakenBackup> TakeAsync(BackupRequest request, CancellationToken cancel)
    {
        var rest = Of(request);
        await using var session = await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
        var places = await ServerPlaces.OfAsync(new(request.Target, request.Facts, session, request.Name, request.Programs), cancel).ConfigureAwait(false);
        if (await rest.RepositoryAsync(cancel).ConfigureAwait(false) is { } repository)
        {
            BackupRoom.Require(request with { Place = Path.Combine(repository, request.Name) }, places.Bytes);
        }
        var before = Labels(await rest.InfoAsync(cancel).ConfigureAwait(false));
        request.Say($"{request.Target.Name}: pgbackrest backup");
        await rest.RunAsync("backup", [$"--type={(HasYoungFull(await rest.InfoAsync(cancel).ConfigureAwait(false), request) ? "diff" : "full")}"], cancel).ConfigureAwait(false);
        var label = Labels(await rest.InfoAsync(cancel).ConfigureAwait(false)).Except(before, StringComparer.Ordinal).LastOrDefault()
            ?? throw new HealingException($"pgbackrest made no new backup of stanza {rest.Stanza}", "Its own log tells why.");
        var counted = await new RestorePointCount(request.Target, session, request.Say).TakeAsync($"healing_{request.Name}", places.Bytes, request.Options.ProveUpTo, cancel).ConfigureAwait(false);
        // it waits until the WAL of now, and with it that of the restore point, is in the repository
        await rest.RunAsync("check", [], cancel).ConfigureAwait(false);
        request.Say($"{request.Target.Name}: pgbackrest verify");
        await rest.VerifyAsync(label, cancel).ConfigureAwait(false);
        var made = (await rest.BackupAsync(label, cancel).ConfigureAwait(false))!;
        return new(Prefix + rest.Stanza, label, (long)made["info"]!["repository"]!["delta"]!, (long)made["info"]!["size"]!,
            uint.Parse(((string)made["archive"]!["start"]!).AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            (string)made["lsn"]!["start"]!, counted.Lsn ?? (string)made["lsn"]!["stop"]!, counted.Point, counted.Rows.ToJson());
    }

    public async Task<string> RestoreAsync(Backup backup, string directory, RestoreUntil? until, CancellationToken cancel)
    {
        var rest = Of(backup);
        await rest.VerifyAsync(backup.Label!, cancel).ConfigureAwait(false);
        var data = Path.Combine(directory, "data");
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await LocalOwner.OwnTreeAsync(directory, cancel).ConfigureAwait(false);
        await rest.RunAsync("restore",
            [$"--pg1-path={data}", $"--set={backup.Label}", "--archive-mode=off", $"--tablespace-map-all={directory}/data.tablespaces", .. Target(until ?? (backup.RestorePoint is { } point ? new(Point: point) : null))],
            cancel).ConfigureAwait(false);
        return data;
    }

    /// <summary>Its own `expire` removes, by what its configuration keeps.</summary>
    public Task RemoveAsync(Backup backup, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>An empty answer of a repository whose disk is not mounted is none.</summary>
    public async Task<bool> IsExpiredAsync(Backup backup, CancellationToken cancel)
    {
        var info = await Of(backup).InfoAsync(cancel).ConfigureAwait(false);
        if ((int?)info["status"]?["code"] is not (0 or 2) || info["db"]?.AsArray().Any(d => d!["system-id"]!.ToString() == backup.SystemIdentifier) != true)
        {
            throw new HealingException($"the repository does not answer for it: {info["status"]?["message"]}", "Is it mounted?");
        }
        return info["backup"]!.AsArray().All(b => (string?)b!["label"] != backup.Label);
    }

    private static IEnumerable<string> Target(RestoreUntil? until) => until switch
    {
        null => ["--type=immediate", "--target-action=promote"],
        { Point: { } point } => ["--type=name", $"--target={point}", "--target-action=promote", "--target-timeline=current"],
        { Lsn: { } lsn } => ["--type=lsn", $"--target={lsn}", "--target-action=promote"],
        { Time: { } time } => ["--type=time", $"--target={time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture)}", "--target-action=promote"],
        _ => [],
    };

    private static List<string> Labels(JsonObject info) => [.. info["backup"]!.AsArray().Select(b => (string)b!["label"]!)];

    private static bool HasYoungFull(JsonObject info, BackupRequest request) => info["backup"]!.AsArray().Any(b => (string?)b!["type"] == "full" && (bool?)b["error"] != true
        && request.Target.Clock.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds((long)b["timestamp"]!["stop"]!) < FullEvery);

    private PgBackRest Of(BackupRequest request) => new(options, options.Stanza.Length > 0 ? options.Stanza : request.Target.Name);

    private PgBackRest Of(Backup backup) => new(options, backup.Place.StartsWith(Prefix, StringComparison.Ordinal) ? backup.Place[Prefix.Length..] : backup.TargetName);
}
