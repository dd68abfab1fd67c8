using System.CommandLine;
using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing check: looks at one database and tells; needs no ledger and writes nothing anywhere.</summary>
public sealed class CheckCommand : ICommandModule
{
    private const int Damage = 2;
    private readonly Option<string?> _target = new("--target") { Description = "A target of the configuration", HelpName = "NAME" };
    private readonly Option<string?> _connection = new("--connection") { Description = "Any database", HelpName = "CS" };
    private readonly Option<string?> _checks = new("--checks") { Description = "Only these, separated by commas (default: all)", HelpName = "LIST" };
    private readonly Option<int> _jobs = new("--jobs") { Description = "Sessions at once", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _data = new("--data-directory") { Description = "The server's data directory as seen here: checks that compare pages read them from its files instead of through the server", HelpName = "DIR" };
    private readonly Option<string> _format = CommandFormat.Option();
    private readonly Option<Impact> _impact = new("--impact") { Description = "How much of the server's time it takes: low, normal or high", HelpName = "LEVEL", DefaultValueFactory = _ => Impact.High };
    private readonly Option<Ground> _ground = new("--ground") { Description = "What the server is: live, window (writers may wait) or clone (a copy that may crash)", HelpName = "KIND", DefaultValueFactory = _ => Ground.Live };
    private readonly Option<bool> _list = new("--list") { Description = "Describes the checks and ends" };

    public Command Build(CommandShell shell)
    {
        var command = new Command("check", "Looks for damage in one database and tells; writes nothing anywhere") { _target, _connection, _checks, _jobs, _data, _impact, _ground, _format, _list };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(_list) && result.GetValue(_target) is null == result.GetValue(_connection) is null)
            {
                result.AddError("give either --target NAME or --connection CS");
            }
        });
        _jobs.Validators.Add(result =>
        {
            // What is no number at all is the parser's to tell.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var jobs) && jobs is < 1 or > CheckRequest.MostJobs)
            {
                result.AddError($"--jobs is a number from 1 to {CheckRequest.MostJobs}");
            }
        });
        command.SetAction((parsed, cancel) => RunAsync(shell, parsed, cancel));
        return command;
    }

    private async Task<int> RunAsync(CommandShell shell, ParseResult parsed, CancellationToken cancel)
    {
        var (checks, named) = Chosen(parsed.GetValue(_checks));
        var json = parsed.IsJson(_format);
        if (parsed.GetValue(_list))
        {
            CheckListing.Write(shell, checks, json);
            return 0;
        }
        await using var target = OneTarget.Of(shell, parsed, _target, _connection, _data);
        // Whether it can be reached at all is told before any check is.
        var keptOut = await LockedOut.AskAsync(target, cancel).ConfigureAwait(false);
        var reports = new List<CheckReport>();
        using (var line = shell.Progress())
        {
            foreach (var check in checks)
            {
                if (keptOut is not null && check is not CatalogueAccessCheck)
                {
                    reports.Add(new(check.Description.Name, CheckStatus.Unavailable, TimeSpan.Zero, "no session with the database begins", [], []));
                    continue;
                }
                var progress = new SyncProgress(p => line.Show($"{p.Check} {p.Done}/{p.Total} {p.Current}"));
                reports.Add(await check.RunAsync(new(target, CheckScope.All) { Jobs = parsed.GetValue(_jobs), Progress = progress, Known = KnownDamage.Of(reports), Ground = parsed.GetValue(_ground), Throttle = new(parsed.GetValue(_impact), shell.Clock) }, cancel).ConfigureAwait(false));
            }
        }
        if (keptOut is not null && !reports.Exists(r => r.Findings.Count > 0))
        {
            throw keptOut;
        }
        CheckOutput.Write(shell, target.Name, reports, json);
        return ExitCode(shell, reports, named);
    }

    private static (IReadOnlyList<ICheck> Checks, bool Named) Chosen(string? list)
    {
        if (list is null)
        {
            return (CheckCatalogue.All, false);
        }
        var names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var known = CheckCatalogue.All.ToDictionary(c => c.Description.Name, StringComparer.Ordinal);
        var unknown = names.Where(n => !known.ContainsKey(n)).ToList();
        return names.Length == 0 || unknown.Count > 0
            ? throw new HealingException(names.Length == 0 ? "--checks names none" : $"there is no check {string.Join(", ", unknown)}", "there are: " + string.Join(", ", known.Keys))
            : (CheckCatalogue.All.Where(c => names.Contains(c.Description.Name, StringComparer.Ordinal)).ToList(), true);
    }

    private static int ExitCode(CommandShell shell, List<CheckReport> reports, bool named)
    {
        if (reports.SelectMany(r => r.Findings).Any(f => f.Severity >= Severity.Warning))
        {
            return Damage;
        }
        var missed = reports.Where(r => r.Status == CheckStatus.Failed || (named && r.Status == CheckStatus.Unavailable)).ToList();
        return missed.Count == 0 ? 0
            : shell.Fail(
                string.Join("; ", missed.Select(r => $"the check {r.Check} {(r.Status == CheckStatus.Failed ? "failed" : "is unavailable")}: {r.Reason}")),
                missed.Exists(r => r.Status == CheckStatus.Unavailable) ? "`healing grant --connection CS` as an owner or superuser creates what is missing; `--print` shows the SQL" : "run it again; the server's log tells more");
    }

    /// <summary>Progress&lt;T&gt; would report after the line is gone.</summary>
    private sealed class SyncProgress(Action<CheckProgress> show) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => show(value);
    }
}
