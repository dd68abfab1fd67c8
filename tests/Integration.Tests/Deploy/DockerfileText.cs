using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>What the last stage of deploy/Dockerfile says of the image.</summary>
internal sealed partial class DockerfileText
{
    private readonly string _all;
    private readonly string _last;

    public DockerfileText(string text)
    {
        _all = Continued().Replace(text, " ");
        _last = _all[_all.LastIndexOf("\nFROM ", StringComparison.Ordinal)..];
    }

    public string User => One("USER");
    public string WorkDirectory => One("WORKDIR");
    public string StopSignal => One("STOPSIGNAL");
    public IReadOnlyList<string> EntryPoint => List("ENTRYPOINT");
    public IReadOnlyList<string> Command => List("CMD");
    public IReadOnlyList<string> HealthCheck => [.. JsonNode.Parse(HealthCommand().Match(_last).Groups[1].Value)!.AsArray().Select(n => n!.ToString())];
    public IReadOnlyDictionary<string, string> Environment => One("ENV").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2)).ToDictionary(v => v[0], v => v[1], StringComparer.Ordinal);
    public IReadOnlyList<string> OwnDirectories => [.. Owned().Matches(_last).SelectMany(m => m.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>The arguments of dotnet with which it is published; of what was built for the tests, since a second build would take minutes.</summary>
    public IReadOnlyList<string> Publish(string engine, string output) =>
        [.. PublishLine().Match(_all).Groups[1].Value.Trim().Replace("$JOB_ENGINE", engine, StringComparison.Ordinal).Replace("-c Release", "-c Debug --no-build", StringComparison.Ordinal).Replace("--use-current-runtime ", "", StringComparison.Ordinal).Replace("-o /app", $"-o {output}", StringComparison.Ordinal).Split(' ')];

    public string DefaultOf(string argument) => Regex.Match(_all, $@"\nARG {argument}=(\S+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;

    private string One(string instruction) => Regex.Matches(_last, $@"\n{instruction} (.+)", RegexOptions.None, TimeSpan.FromSeconds(1)).Last().Groups[1].Value.Trim();

    private IReadOnlyList<string> List(string instruction) => [.. JsonNode.Parse(One(instruction))!.AsArray().Select(n => n!.ToString())];

    [GeneratedRegex(@"\s*\\\n\s*", RegexOptions.None, 1000)]
    private static partial Regex Continued();

    [GeneratedRegex(@"\nHEALTHCHECK .*CMD (\[.*\])", RegexOptions.None, 1000)]
    private static partial Regex HealthCommand();

    [GeneratedRegex(@"install -d -o healing -g healing -m \d+ ([^&\n]+)", RegexOptions.None, 1000)]
    private static partial Regex Owned();

    [GeneratedRegex(@"\nRUN dotnet (publish .+)", RegexOptions.None, 1000)]
    private static partial Regex PublishLine();
}
