using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Drill.Scale;

namespace HealingWorkers.Bench.Scale;

/// <summary>Everything that can be read: the menu as Home shows it, the pages behind it, and every GET that the API's document names.</summary>
internal sealed partial class Addresses(int runs, int incidents)
{
    private static readonly string[] Words = ["corrupt", "public.orders", "no such thing anywhere", "lines_699"];
    private static readonly string[] Jobs = ["db.health_check", "db.backup", "db.index_check.table", "repair", "undo"];
    private static readonly string[] States = ["failed", "succeeded", "cancelled", "running"];

    /// <summary>One kind of address; the n-th call asks for another one of it, so that nothing rendered before can answer.</summary>
    public sealed record Kind(string Name, Func<int, string> Of)
    {
        /// <summary>Only its head and first page are waited for: the rest comes as it is read.</summary>
        public bool Streams { get; init; }
        /// <summary>It walks both chains from end to end, which no page waits for: a few calls tell how long that takes.</summary>
        public bool Unbound => Name.EndsWith("/chain", StringComparison.Ordinal);
    }

    public async Task<IReadOnlyList<Kind>> AllAsync(HttpClient http, CancellationToken cancel)
    {
        var home = await http.GetStringAsync(new Uri("/", UriKind.Relative), cancel);
        var menu = Href().Matches(home[home.IndexOf("<nav", StringComparison.Ordinal)..home.IndexOf("</nav>", StringComparison.Ordinal)]).Select(m => m.Groups[1].Value).Distinct(StringComparer.Ordinal);
        var document = JsonNode.Parse(await http.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), cancel))!;
        var api = document["paths"]!.AsObject().Where(p => p.Value!["get"] is not null).Select(p => p.Key);
        var kept = await KeptAsync(http, cancel);
        return [.. menu.Select(p => new Kind(p, n => $"{p}?n={n}")), .. Behind(), new("/incidents/{id}/snapshots/{n}", n => $"{kept[n % kept.Count]}?n={n}"), .. api.Select(Api), .. Filtered()];
    }

    /// <summary>Pages of snapshots that are still there.</summary>
    private async Task<IReadOnlyList<string>> KeptAsync(HttpClient http, CancellationToken cancel)
    {
        var kept = new List<string>();
        for (var n = 1; kept.Count < 100 && n <= incidents; n++)
        {
            var rows = JsonNode.Parse(await http.GetStringAsync(new Uri($"/api/v1/incidents/{Incident(n)}/snapshots", UriKind.Relative), cancel))!.AsArray();
            kept.AddRange(rows.Where(r => r!["removed_at"] is null).Select(r => $"/incidents/{Incident(n)}/snapshots/{r!["id"]}"));
        }
        return kept;
    }

    private IEnumerable<Kind> Behind()
    {
        yield return new("/incidents/{id}", n => $"/incidents/{Incident(n)}");
        yield return new("/incidents/{id}/plan", n => $"/incidents/{Incident(n)}/plan");
        yield return new("/incidents/decide (50)", n => $"/incidents/decide?verb=close&{string.Join('&', Enumerable.Range(0, 50).Select(i => $"id={Incident(n + i)}"))}");
        yield return new("/incidents?show=all&before=", n => $"/incidents?show=all&before={Incident(n)}");
        yield return new("/incidents?q=", n => $"/incidents?show=all&q={Uri.EscapeDataString(Words[n % Words.Length])}&n={n}");
        yield return new("/incidents?target&kind", n => $"/incidents?show=all&kind=orphan_rows&target={Target(n)}&n={n}");
        yield return new("/incidents?kind&severity (none)", n => $"/incidents?show=all&kind=orphan_rows&severity=critical&n={n}");
        yield return new("/incidents?state=", n => $"/incidents?show=all&state={(n % 2 == 0 ? "Escalated" : "Snapshotting")}&n={n}");
        yield return new("/jobs/{id}", n => $"/jobs/{Run(n)}");
        yield return new("/jobs?before=", n => $"/jobs?before={Run(n)}");
        yield return new("/jobs?job&state", n => $"/jobs?job={Jobs[n % Jobs.Length]}&state={States[n % States.Length]}&n={n}");
        yield return new("/jobs?job=", n => $"/jobs?job={Jobs[n % Jobs.Length]}&n={n}");
        yield return new("/jobs?target&state", n => $"/jobs?target={Target(n)}&state=failed&n={n}");
        yield return new("/jobs?worker=", n => $"/jobs?worker=host{(1 + n % 300) % 5}:{1 + n % 300}&n={n}");
        yield return new("/jobs?incident=", n => $"/jobs?incident={Incident(n)}");
        yield return new("/targets/{name}", n => $"/targets/{Target(n)}?n={n}");
        yield return new("/quarantine?before=", n => $"/quarantine?before={Incident(n)}");
        yield return new("/quarantine/{id}", n => $"/quarantine/{Incident(n)}?n={n}");
        yield return new("/audit?before=", n => $"/audit?before={Run(n)}");
        yield return new("/audit?actor=", n => $"/audit?actor={(n % 2 == 0 ? "anna" : "nobody")}&n={n}");
        yield return new("/audit?event=", n => $"/audit?event={(n % 2 == 0 ? "incident.escalated" : "incident.closed")}&n={n}");
        yield return new("/audit?incident=", n => $"/audit?incident={Incident(n)}");
    }

    private IEnumerable<Kind> Filtered()
    {
        yield return new("/api/v1/jobs?since&until", n => $"/api/v1/jobs?since={Day(80 - n % 60)}&until={Day(79 - n % 60)}");
        yield return new("/api/v1/jobs/count?since&until", n => $"/api/v1/jobs/count?since={Day(80 - n % 60)}&until={Day(50 - n % 40)}");
        yield return new("/api/v1/jobs?job&state (none)", n => $"/api/v1/jobs?job=db.health_check&state=failed&n={n}");
        yield return new("/api/v1/incidents?search=", n => $"/api/v1/incidents?search={Uri.EscapeDataString(Words[n % Words.Length])}");
        yield return new("/api/v1/audit?since&until", n => $"/api/v1/audit?since={Day(170 - n % 90)}&until={Day(169 - n % 90)}");
        yield return new("/api/v1/audit?target=", n => $"/api/v1/audit?target={Target(n)}");
    }

    private Kind Api(string path) => new(path, n =>
    {
        var filled = path.Replace("{name}", Target(n), StringComparison.Ordinal).Replace("{id}", path switch
        {
            _ when path.StartsWith("/api/v1/jobs/", StringComparison.Ordinal) => Run(n),
            _ when path.StartsWith("/api/v1/schedules/", StringComparison.Ordinal) => $"db.health_check:{Target(n)}",
            _ when path.StartsWith("/api/v1/workers/", StringComparison.Ordinal) => $"host{(1 + n % 5) % 5}:{1 + n % 5}",
            _ => Incident(n),
        }, StringComparison.Ordinal);
        return filled.Contains('{', StringComparison.Ordinal) ? throw new InvalidOperationException($"what is to be asked for at {path}?") : $"{filled}?n={n}";
    }) { Streams = path.EndsWith("/export", StringComparison.Ordinal) };

    // steps that share nothing with the sizes, so that each call falls on another row
    private string Incident(int n) => (1 + n * 7919L % incidents).ToString(CultureInfo.InvariantCulture);

    private string Run(int n) => (1 + n * 104729L % runs).ToString(CultureInfo.InvariantCulture);

    private static string Target(int n) => FilledLedger.Targets[n % FilledLedger.Targets.Count];

    private static string Day(int ago) => TimeProvider.System.GetUtcNow().AddDays(-ago).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    [GeneratedRegex("href=\"(/[^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex Href();
}
