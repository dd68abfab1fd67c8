using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Scale;

/// <summary>What a server says of the plans it carried out, read from its log: by these a query is judged, not by a clock.</summary>
internal sealed partial class ExplainLog(PgCluster cluster)
{
    private long _from;

    public static Task TurnOnAsync(PgCluster cluster, string database) => cluster.ExecuteAsync("postgres", $"""
        ALTER DATABASE {database} SET session_preload_libraries = 'auto_explain';
        ALTER DATABASE {database} SET auto_explain.log_min_duration = 0;
        ALTER DATABASE {database} SET auto_explain.log_analyze = on;
        ALTER DATABASE {database} SET auto_explain.log_timing = off
        """);

    /// <summary>What comes from now on.</summary>
    public void Begin() => _from = new FileInfo(cluster.Server.LogFile).Length;

    /// <summary>Every reading of a table since.</summary>
    public async Task<IReadOnlyList<Scan>> ScansAsync()
    {
        await using var file = new FileStream(cluster.Server.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Seek(_from, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        var scans = new List<Scan>();
        foreach (var line in (await reader.ReadToEndAsync()).Split('\n'))
        {
            if (Node().Match(line) is { Success: true } node)
                scans.Add(new(node.Groups["how"].Value, node.Groups["table"].Value, Number(node, "rows") * Number(node, "loops"), Number(node, "loops")));
            else if (scans.Count > 0 && Removed().Match(line) is { Success: true } removed)
                scans[^1] = scans[^1] with { Rows = scans[^1].Rows + Number(removed, "rows") * scans[^1].Loops };
        }
        return scans;
    }

    private static long Number(Match match, string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<how>Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan)( Backward)?( using \S+)? on (?<table>\S+).*\(actual rows=(?<rows>\d+) loops=(?<loops>\d+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Node();

    [GeneratedRegex(@"Rows Removed by Filter: (?<rows>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Removed();
}

/// <param name="Rows">That it gave and that it threw away.</param>
internal sealed record Scan(string How, string Table, long Rows, long Loops);
