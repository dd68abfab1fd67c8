using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Worker.Drills;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing drill: breaks disposable databases in every known way, heals them, and prints the score.</summary>
public sealed class DrillCommand : ICommandModule
{
    private const int NotMet = 2;
    private static readonly int[] Every = [14, 15, 16, 17, 18];
    private readonly Option<string?> _versions = new("--versions") { Description = "PostgreSQL's major versions, separated by commas, or all (default: the installed one)", HelpName = "LIST" };
    private readonly Option<string?> _classes = new("--classes") { Description = "Only these classes of damage, separated by commas; healthy and mix are two of them (default: all)", HelpName = "LIST" };
    private readonly Option<string> _checksums = Choice("--checksums", "Clusters with data checksums, without, or both", "both", "on", "off", "both");
    private readonly Option<int?> _seed = new("--seed") { Description = "Repeats the run that printed this seed (default: a fresh one)", HelpName = "N" };
    private readonly Option<int> _mixes = new("--mixes") { Description = "Databases with three damages at once, for each version and kind of cluster", HelpName = "N", DefaultValueFactory = _ => 2 };
    private readonly Option<int> _jobs = new("--jobs") { Description = "Databases at once", HelpName = "N", DefaultValueFactory = _ => 2 };
    private readonly Option<string?> _output = new("--output") { Description = "Writes the score as a Markdown page too", HelpName = "FILE" };
    private readonly Option<string> _format = CommandFormat.Option();
    private readonly Option<bool> _list = new("--list") { Description = "Describes the classes of damage and ends" };

    public Command Build(CommandShell shell)
    {
        var command = new Command("drill", "Breaks disposable databases in every known way, heals them, and prints the score") { _versions, _classes, _checksums, _seed, _mixes, _jobs, _output, _format, _list };
        command.SetAction((parsed, cancel) => parsed.GetValue(_list) ? Task.FromResult(List(shell)) : RunAsync(shell, parsed, cancel));
        return command;
    }

    private async Task<int> RunAsync(CommandShell shell, ParseResult parsed, CancellationToken cancel)
    {
        var order = Order(parsed);
        shell.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {order.Seed}"));
        using var progress = shell.Progress();
        var page = parsed.GetValue(_output) is { } file ? Path.GetFullPath(file, shell.Directory) : null;
        var results = await new DrillFleet(shell, order, TellAsync).RunAsync(cancel).ConfigureAwait(false);
        progress.Dispose();
        var score = new DrillScore(order, results);
        if (parsed.IsJson(_format))
        {
            shell.WriteJson(score.AsJson());
        }
        else
        {
            DrillTable.Write(shell.Out, score);
        }
        return score.MeetsGoals ? 0 : NotMet;

        // A drill takes long, and what it found so far is worth having when it is broken off.
        async Task TellAsync(DrillResult result, IReadOnlyList<DrillResult> soFar, int all)
        {
            progress.Show($"{soFar.Count}/{all} {result.Name} on {result.Version}: {result.Outcome}");
            if (page is not null)
            {
                await File.WriteAllTextAsync(page + ".part", DrillPage.Of(new(order, soFar), all), cancel).ConfigureAwait(false);
                File.Move(page + ".part", page, overwrite: true);
            }
        }
    }

    private DrillOrder Order(ParseResult parsed)
    {
        var names = Split(parsed.GetValue(_classes));
        var unknown = names.Where(n => DamageCatalogue.Named(n) is null && n is not (DrillOrder.Healthy or DrillOrder.Mix)).ToList();
        if (unknown.Count > 0)
        {
            throw new HealingException($"there is no class of damage {string.Join(", ", unknown)}", "`healing drill --list` names them");
        }
        return new(
            Versions(parsed.GetValue(_versions)),
            names.Count == 0 ? DamageCatalogue.All : [.. names.Select(DamageCatalogue.Named).OfType<DamageClass>()],
            parsed.GetValue(_checksums) switch { "on" => [true], "off" => [false], _ => [false, true] },
            names.Count == 0 || names.Contains(DrillOrder.Mix) ? Math.Clamp(parsed.GetValue(_mixes), 0, 1000) : 0,
            parsed.GetValue(_seed) ?? RandomNumberGenerator.GetInt32(int.MaxValue),
            Math.Clamp(parsed.GetValue(_jobs), 1, 32))
        {
            WithHealthy = names.Count == 0 || names.Contains(DrillOrder.Healthy),
        };
    }

    private static IReadOnlyList<PgBinaries> Versions(string? list)
    {
        if (list is null)
        {
            return [PgBinaries.Default];
        }
        var here = PgBinaries.All();
        var wanted = list == "all" ? [.. Every] : Split(list).Select(v => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major : throw new HealingException($"--versions takes major versions like 15,17, or all, not {v}", "run `healing drill --help`")).ToList();
        var missing = wanted.Where(v => here.All(b => b.Major != v)).ToList();
        return missing.Count == 0
            ? [.. wanted.Select(v => here.First(b => b.Major == v))]
            : throw new HealingException($"PostgreSQL {string.Join(", ", missing)} is not here: neither in /usr/lib/postgresql nor in {PgBinaries.Cache}", $"deploy/scripts/get-postgres.sh {string.Join(' ', missing)} gets it");
    }

    private static int List(CommandShell shell)
    {
        foreach (var damage in DamageCatalogue.All)
        {
            shell.Out.WriteLine($"{damage.Name,-30} {damage.Summary} (at best: {DrillWords.Of(damage.Best)}{(damage.BestWithChecksums is { } best && best != damage.Best ? $"; where a checksum tells: {DrillWords.Of(best)}" : "")})");
        }
        return 0;
    }

    private static List<string> Split(string? list) => [.. (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static Option<string> Choice(string name, string description, string usual, params string[] from)
    {
        var option = new Option<string>(name) { Description = description, HelpName = string.Join('|', from), DefaultValueFactory = _ => usual };
        option.AcceptOnlyFromAmong(from);
        return option;
    }
}
