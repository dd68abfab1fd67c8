using System.CommandLine;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing metrics: how pools and databases are doing right now, as JSON. healing metrics --since 1h: how they were, as it was kept. healing metrics --docs: the page about all metrics.</summary>
public sealed class MetricsCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only this target, without the control database", HelpName = "NAME" };
        var docs = new Option<bool>("--docs") { Description = "Prints the page that describes every metric", Hidden = true };
        var since = new Option<string?>("--since") { Description = "What was kept since then instead of what is now, as 1h or 30m", HelpName = "AGE" };
        var format = new Option<string>("--format") { Description = "json is one document, jsonl a line for each sample", HelpName = "json|jsonl", DefaultValueFactory = _ => "json" };
        format.AcceptOnlyFromAmong("json", "jsonl");
        var command = new Command("metrics", "Shows pool use, activity, waits, locks, sizes and replication of the control database and every target, as JSON") { target, since, format, docs };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(docs))
            {
                shell.Out.Write(MetricsPage.Render());
                return 0;
            }
            await using var host = shell.Compose(parsed);
            var lines = parsed.GetValue(format) == "jsonl";
            if (parsed.GetValue(since) is { } age)
                return await ShowKeptAsync(shell, host, age, parsed.GetValue(target), lines, cancel);
            return await ShowAsync(shell, lines, host.Options, await PlacesAsync(parsed.GetValue(target), host, cancel), cancel);
        });
        return command;
    }

    private static async Task<IReadOnlyList<DatabasePlace>> PlacesAsync(string? name, Hosting.HealingHost host, CancellationToken cancel)
    {
        var targets = host.Options.Targets.Select(t => DatabasePlace.Of(t, host.Options.Mode)).ToList();
        if (name is null)
            return [DatabasePlace.Control(await host.ControlConnectionAsync(cancel)), .. targets];
        return TargetNames.Choose(targets, t => t.Name, name);
    }

    /// <summary>A page at a time, so that a day of many targets needs no memory.</summary>
    private static async Task<int> ShowKeptAsync(CommandShell shell, Hosting.HealingHost host, string age, string? target, bool lines, CancellationToken cancel)
    {
        if (!Durations.TryParse(age, out var since) || since <= TimeSpan.Zero)
            throw new Jobs.Errors.HealingException($"--since {age} is no duration", "write it as 30m, 1h or 1d");
        var samples = new SampleLedger(await host.OpenLedgerAsync(cancel));
        var filter = new SampleFilter { Since = shell.Clock.GetUtcNow() - since, Name = target };
        var all = new JsonArray();
        for (IReadOnlyList<KeptSample> page; (page = await samples.ListAsync(filter, cancel)).Count > 0; filter = filter with { After = page[^1].Id })
        {
            foreach (var sample in page.Select(s => s.ToLine()))
            {
                if (lines)
                    shell.Out.WriteLine(sample.ToJsonString());
                else
                    all.Add(sample);
            }
        }
        if (!lines)
            shell.WriteJson(new JsonObject { ["since"] = age, ["samples"] = all });
        return 0;
    }

    private static async Task<int> ShowAsync(CommandShell shell, bool lines, HealingOptions options, IReadOnlyList<DatabasePlace> places, CancellationToken cancel)
    {
        var snapshot = new DatabaseSnapshot(shell.Clock);
        var databases = await Task.WhenAll(places.Select(place => snapshot.TakeAsync(place, cancel)));
        var at = IsoTime.Text(shell.Clock.GetUtcNow());
        if (lines)
        {
            foreach (var database in databases)
            {
                database.Insert(0, "at", at);
                shell.Out.WriteLine(database.ToJsonString());
            }
        }
        else shell.WriteJson(new JsonObject
        {
            ["at"] = at,
            ["mode"] = options.Mode.ToString().ToLowerInvariant(),
            ["databases"] = new JsonArray([.. databases]),
        });
        var away = databases.Where(d => d["error"] is not null).Select(d => $"{d["name"]}: {d["error"]}").ToList();
        return away.Count == 0 ? 0 : shell.Fail(string.Join("; ", away), "is each of them running, and are host, port, user and password right?");
    }
}
