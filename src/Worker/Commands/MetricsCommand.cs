using System.CommandLine;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing metrics: how pools and databases are doing right now, as JSON. healing metrics --docs: the page about all metrics.</summary>
public sealed class MetricsCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only this target, without the control database", HelpName = "NAME" };
        var docs = new Option<bool>("--docs") { Description = "Prints the page that describes every metric", Hidden = true };
        var command = new Command("metrics", "Shows pool use, activity, waits, locks, sizes and replication of the control database and every target, as JSON") { target, docs };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(docs))
            {
                shell.Out.Write(MetricsPage.Render());
                return 0;
            }
            await using var host = shell.Compose(parsed);
            return await ShowAsync(shell, host.Options, await PlacesAsync(parsed.GetValue(target), host, cancel), cancel);
        });
        return command;
    }

    private static async Task<IReadOnlyList<DatabasePlace>> PlacesAsync(string? name, Hosting.HealingHost host, CancellationToken cancel)
    {
        var targets = host.Options.Targets.Select(t => DatabasePlace.Of(t, host.Options.Mode)).ToList();
        if (name is null)
            return [DatabasePlace.Control(await host.ControlConnectionAsync(cancel)), .. targets];
        return targets.Where(t => t.Name == name).ToList() is { Count: > 0 } found
            ? found
            : throw new Jobs.Errors.HealingException($"there is no target {name}", targets.Count == 0 ? "none is configured (healing.yaml names them)" : $"configured are: {string.Join(", ", targets.Select(t => t.Name))}");
    }

    private static async Task<int> ShowAsync(CommandShell shell, HealingOptions options, IReadOnlyList<DatabasePlace> places, CancellationToken cancel)
    {
        var snapshot = new DatabaseSnapshot(shell.Clock);
        var databases = await Task.WhenAll(places.Select(place => snapshot.TakeAsync(place, cancel)));
        shell.WriteJson(new JsonObject
        {
            ["at"] = shell.Clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture),
            ["mode"] = options.Mode.ToString().ToLowerInvariant(),
            ["databases"] = new JsonArray([.. databases]),
        });
        var away = databases.Where(d => d["error"] is not null).Select(d => $"{d["name"]}: {d["error"]}").ToList();
        return away.Count == 0 ? 0 : shell.Fail(string.Join("; ", away), "is each of them running, and are host, port, user and password right?");
    }
}
