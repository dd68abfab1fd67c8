using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Backups;

/// <param name="Bad">The first thousand at most.</param>
public sealed record PageAudit(long Files, long Pages, IReadOnlyList<BadCopiedPage> Bad);

/// <param name="Relation">Quoted, with its schema; null where no database knows the file.</param>
/// <param name="File">As the server calls it, without segment.</param>
/// <param name="Verdict">bad_checksum | bad_header | cut_off.</param>
public sealed record BadCopiedPage(string? Database, string? Relation, long Oid, bool IsIndex, string File, long Block, string Verdict)
{
    /// <summary>Of a catalogue that all databases of a server share.</summary>
    [JsonIgnore]
    public bool IsShared => File.StartsWith("global/", StringComparison.Ordinal);

    public override string ToString() => $"{(Relation is null ? File : $"{Database}: {Relation}")} block {Block.ToString(CultureInfo.InvariantCulture)} ({Verdict.Replace('_', ' ')}, {File})";
}

public sealed record FileOwner(string Database, string Relation, long Oid, bool IsIndex);

/// <summary>
/// Reads every page of every relation of a stopped server and compares checksum and header. pg_checksums takes a page for new
/// whose header says that it is empty, whatever else is on it; here only a page of zeros is new.
/// </summary>
internal static partial class PageAuditor
{
    private const int PagesAtOnce = 64;
    private const int Most = 1000;

    /// <param name="owners">By path, as pg_relation_filepath gives it.</param>
    public static async Task<PageAudit> RunAsync(string data, bool checksums, IReadOnlyDictionary<string, FileOwner> owners, CancellationToken cancel)
    {
        var (files, pages) = (0L, 0L);
        var bad = new List<BadCopiedPage>();
        var buffer = new byte[PagesAtOnce * PageHeader.BlockSize];
        foreach (var (directory, name) in Directories(data))
        {
            foreach (var file in Directory.EnumerateFiles(directory))
            {
                if (Relation().Match(Path.GetFileName(file)) is not { Success: true } match)
                {
                    continue;
                }
                files++;
                var path = $"{name}/{match.Groups["node"].Value}";
                var fork = match.Groups["fork"].Value;
                var first = (match.Groups["segment"].Success ? long.Parse(match.Groups["segment"].Value, CultureInfo.InvariantCulture) : 0) * RelationFile.BlocksPerSegment;
                await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
                for (int read; (read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false)) > 0;)
                {
                    for (var at = 0; at < read; at += PageHeader.BlockSize, pages++, first++)
                    {
                        var verdict = at + PageHeader.BlockSize > read ? "cut_off" : Judge(buffer.AsSpan(at, PageHeader.BlockSize), first, checksums, fork);
                        if (verdict is not null && bad.Count < Most)
                        {
                            var owner = owners.GetValueOrDefault(path);
                            bad.Add(new(owner?.Database, owner is null ? null : owner.Relation + (fork.Length == 0 ? "" : $" ({fork[1..]})"), owner?.Oid ?? 0, owner?.IsIndex ?? false, path + fork, first, verdict));
                        }
                    }
                }
            }
        }
        return new(files, pages, bad);
    }

    /// <summary>Without checksums nothing holds the map of free space together, nor need it be.</summary>
    private static string? Judge(ReadOnlySpan<byte> page, long block, bool checksums, string fork) =>
        fork == "_fsm" && !checksums ? null : PageJudge.Judge(page, checked((uint)block), checksums) switch
        {
            PageVerdict.BadChecksum => "bad_checksum",
            PageVerdict.BadHeader => "bad_header",
            _ => null,
        };

    private static IEnumerable<(string Directory, string Name)> Directories(string data)
    {
        yield return (Path.Combine(data, "global"), "global");
        foreach (var database in Directory.EnumerateDirectories(Path.Combine(data, "base")))
        {
            yield return (database, $"base/{Path.GetFileName(database)}");
        }
        foreach (var space in Directory.EnumerateFileSystemEntries(Path.Combine(data, "pg_tblspc")))
        {
            foreach (var version in Directory.EnumerateDirectories(space, "PG_*"))
            {
                foreach (var database in Directory.EnumerateDirectories(version))
                {
                    yield return (database, $"pg_tblspc/{Path.GetFileName(space)}/{Path.GetFileName(version)}/{Path.GetFileName(database)}");
                }
            }
        }
    }

    [GeneratedRegex(@"\A(?<node>\d+)(?<fork>_fsm|_vm|_init)?(?:\.(?<segment>\d+))?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Relation();
}
