using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Runs pgbackrest for a stanza, as the server's user, and reads what it answers.</summary>
internal sealed class PgBackRest(PgBackRestOptions options, string stanza)
{
    public const string Program = "pgbackrest";
    private const string DefaultConfig = "/etc/pgbackrest/pgbackrest.conf";
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(1);
    private static readonly Dictionary<string, string> NoEnvironment = new(StringComparer.Ordinal);

    public string Stanza => stanza;

    public static bool IsHere => (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin").Split(':').Append("/usr/bin").Any(d => File.Exists(Path.Combine(d, Program)));

    /// <summary>Throws, with its own words, when it fails.</summary>
    public async Task<string> RunAsync(string command, IReadOnlyList<string> words, CancellationToken cancel)
    {
        var (code, said) = await TryAsync(command, words, "warn", cancel).ConfigureAwait(false);
        return code == 0 ? said : throw new HealingException($"{Program} {command} of stanza {stanza} ended with {code}: {ByPgBasebackup.Words(said)}", "Its own log tells more; docs/backups.md says how a repository is set up.");
    }

    /// <summary>What the repository has of the stanza.</summary>
    public async Task<JsonObject> InfoAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Moment);
        var (code, said) = await TryAsync("info", ["--output=json"], "off", limit.Token).ConfigureAwait(false);
        try
        {
            return code == 0 && JsonNode.Parse(said) is JsonArray { Count: 1 } all ? all[0]!.AsObject()
                : throw new HealingException($"{Program} knows no stanza {stanza}: {ByPgBasebackup.Words(said)}", "Make it with `pgbackrest stanza-create`, or set backups.pgbackrest.stanza and backups.pgbackrest.config.");
        }
        catch (JsonException e)
        {
            throw new HealingException($"{Program} info gave no answer that can be read: {ByPgBasebackup.Words(said)}", "See that the worker may run it.", e);
        }
    }

    public async Task<JsonNode?> BackupAsync(string label, CancellationToken cancel) =>
        (await InfoAsync(cancel).ConfigureAwait(false))["backup"]!.AsArray().FirstOrDefault(b => (string?)b!["label"] == label);

    /// <summary>Its own verification of all files of a backup; throws when one is not right.</summary>
    public async Task VerifyAsync(string label, CancellationToken cancel)
    {
        var said = await RunAsync("verify", ["--output=text", "--verbose"], cancel).ConfigureAwait(false);
        if (!said.Contains($"backup: {label}, status: valid", StringComparison.Ordinal))
        {
            throw new HealingException($"{Program} verify does not find {label} of stanza {stanza} valid: {ByPgBasebackup.Words(said)}", "Take another backup, and look at the disk of the repository.");
        }
    }

    /// <summary>The directory of the repository; null where it is not on this host.</summary>
    public async Task<string?> RepositoryAsync(CancellationToken cancel)
    {
        var file = options.Config.Length > 0 ? options.Config : DefaultConfig;
        var lines = File.Exists(file) ? (await File.ReadAllLinesAsync(file, cancel).ConfigureAwait(false)).Select(l => l.Split('=', 2, StringSplitOptions.TrimEntries)).Where(l => l.Length == 2).ToList() : [];
        var elsewhere = lines.Any(l => l[0] == "repo1-host" || (l[0] == "repo1-type" && l[1] is not ("posix" or "cifs")));
        var path = lines.Find(l => l[0] == "repo1-path")?[1] ?? "/var/lib/pgbackrest";
        return !elsewhere && Directory.Exists(path) ? path : null;
    }

    private async Task<(int Code, string Said)> TryAsync(string command, IReadOnlyList<string> words, string level, CancellationToken cancel)
    {
        List<string> all = [.. LocalOwner.Prefix(), Program, .. options.Config.Length > 0 ? [$"--config={options.Config}"] : Array.Empty<string>(),
            $"--stanza={stanza}", "--log-level-console=off", $"--log-level-stderr={level}", .. words, command];
        return await Programs.RunTiedAsync(all, NoEnvironment, cancel).ConfigureAwait(false);
    }
}
