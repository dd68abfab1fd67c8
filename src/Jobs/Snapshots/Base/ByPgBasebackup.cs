using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>pg_basebackup of the server's own version: online, over a replication connection.</summary>
internal sealed class ByPgBasebackup : IBaseWay
{
    private const string Program = "pg_basebackup";
    private const int MostWords = 400;

    public BaseSnapshot Kind => BaseSnapshot.BaseBackup;

    public string Name => Program;

    public Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel) => MissingAsync(request, cancel);

    public Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel) =>
        // a damaged page is why it is taken, and keeps nobody from having it; a backup is to be sound
        RunAsync(request, places, into, "healing snapshot", ["--no-verify-checksums"], cancel);

    /// <summary>Why there is no such program here; null when there is.</summary>
    public static async Task<string?> MissingAsync(CopyRequest request, CancellationToken cancel) =>
        await FindAsync(request, cancel).ConfigureAwait(false) is null ? $"{Program} of PostgreSQL {request.Facts.Major} is not installed here" : null;

    /// <summary>Null when the server lies in the folder, else why not.</summary>
    public static async Task<string?> RunAsync(CopyRequest request, ServerPlaces places, BaseFolder into, string application, IReadOnlyList<string> more, CancellationToken cancel)
    {
        var program = (await FindAsync(request, cancel).ConfigureAwait(false))!;
        var login = ClientLogin.Of(request.Connection, TargetConnection.ForRepairs(request.Target.Options), request.Facts.Role, application);
        List<string> command =
        [
            program, "--pgdata", into.Data, "--wal-method", "stream", "--checkpoint", "fast", "--manifest-checksums", "SHA256", "--label", $"healing {request.Name}", .. more, .. login.Words,
        ];
        foreach (var (oid, path) in places.Tablespaces)
        {
            command.AddRange(["--tablespace-mapping", $"{path.Replace("=", "\\=", StringComparison.Ordinal)}={into.Tablespace(oid).Replace("=", "\\=", StringComparison.Ordinal)}"]);
        }
        var (code, said) = await Targets.Programs.RunTiedAsync(command, login.Environment, cancel).ConfigureAwait(false);
        if (code != 0)
        {
            return $"{Program} ended with {code}: {Words(said)}";
        }
        into.LinkTablespaces(places.Tablespaces.Select(t => t.Oid));
        return null;
    }

    /// <summary>What a program said, on one line and not too long.</summary>
    public static string Words(string said)
    {
        var line = string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.Contains("NOTICE", StringComparison.Ordinal)));
        return line.Length > MostWords ? line[..MostWords] : line;
    }

    private static Task<string?> FindAsync(CopyRequest request, CancellationToken cancel) => ServerPrograms.FindAsync(Program, request.Target, request.Facts, request.Programs, cancel);
}
