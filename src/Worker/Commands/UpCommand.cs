using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Demo;
using HealingWorkers.Worker.Hosting;
using HealingWorkers.Worker.Supervisor;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing up: control database, worker processes and API, until told to stop.</summary>
public sealed class UpCommand : ICommandModule
{
    private readonly Option<bool> _demo = new("--demo") { Description = "Demonstrates: damages an index of a private database and lets the fleet heal it" };
    private readonly Option<bool> _once = new("--once") { Description = "With --demo: ends when all was healed, instead of staying up" };
    private readonly Option<string?> _connection = new("--connection") { Description = "Watches this database beside the configured ones; repairs nothing without --heal", HelpName = "CS" };
    private readonly Option<bool> _heal = new("--heal") { Description = "With --connection: repairs too" };

    public Command Build(CommandShell shell)
    {
        var command = new Command("up", "Runs everything: the control database where none is configured, the worker processes, the API") { _demo, _once, _connection, _heal };
        command.Validators.Add(result =>
        {
            if (result.GetValue(_demo) && result.GetValue(_connection) is not null)
            {
                result.AddError("--demo and --connection do not go together");
            }
            if (result.GetValue(_once) && !result.GetValue(_demo))
            {
                result.AddError("--once goes with --demo");
            }
            if (result.GetValue(_heal) && result.GetValue(_connection) is null)
            {
                result.AddError("--heal goes with --connection");
            }
        });
        command.SetAction((parsed, cancel) => parsed.GetValue(_demo) ? DemonstrateAsync(shell, parsed, cancel) : WatchAsync(shell, parsed, cancel));
        return command;
    }

    private async Task<int> WatchAsync(CommandShell shell, ParseResult parsed, CancellationToken cancel)
    {
        var sources = shell.Sources(parsed);
        if (parsed.GetValue(_connection) is { } connection)
        {
            sources = UpTargets.With(sources, connection, parsed.GetValue(_heal));
        }
        await using var host = shell.Compose(OptionsLoader.Load(sources), parsed, "information");
        await using var house = await Household.StartAsync(host, shell, sources, parsed.GetValue(shell.LogLevel), cancel).ConfigureAwait(false);
        var targets = host.Options.Targets;
        var watched = targets.Count == 0 ? "no target yet (healing.yaml names them)" : string.Join(", ", targets.Select(t => $"{t.Name} ({(t.Mode ?? host.Options.Mode).ToString().ToLowerInvariant()})"));
        Announce(shell, house, $"{host.Options.Worker.Count} workers watch {watched}");
        await house.UntilStoppedAsync(cancel).ConfigureAwait(false);
        return 0;
    }

    private async Task<int> DemonstrateAsync(CommandShell shell, ParseResult parsed, CancellationToken cancel)
    {
        var sources = shell.Sources(parsed);
        var plain = OptionsLoader.Load(UpTargets.OnlyEnvironment(sources)).Options;
        ListenAddress.Check("http.listen", plain.Http.Listen);
        await using var target = await DemoTarget.OpenAsync(plain, shell.Clock, cancel).ConfigureAwait(false);
        shell.Out.WriteLine(target.IsNew ? $"made the demonstration database under {plain.StateDirectory}" : $"found the demonstration database of an earlier run under {plain.StateDirectory}");

        sources = UpTargets.Demonstration(sources, target);
        var level = parsed.GetValue(shell.LogLevel) ?? "warning";
        await using var host = shell.Compose(OptionsLoader.Load(sources), parsed);
        var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
        var demonstration = new Demonstration(ledger, target, shell);
        var since = await demonstration.NowAsync(cancel).ConfigureAwait(false);
        var block = await target.DamageAsync(cancel).ConfigureAwait(false);
        shell.Out.WriteLine($"zeroed leaf page {block} of movies_title_idx on disk; amcheck says: {await target.ComplaintAsync(cancel).ConfigureAwait(false) ?? "nothing"}");

        await using var house = await Household.StartAsync(host, shell, sources, level, cancel).ConfigureAwait(false);
        Announce(shell, house, $"{host.Options.Worker.Count} workers watch {DemoTarget.Name}");
        await host.Get<JobDispatcher>().TriggerAsync(JobNames.IndexCheck, DemoTarget.Name, null, shell.Actor, cancel).ConfigureAwait(false);
        if (await demonstration.FollowAsync(since, block, cancel).ConfigureAwait(false) is { } why)
        {
            throw new HealingException("the demonstration was not healed: " + why, "--log-level information shows what the workers do; `healing incidents` shows where it stands");
        }
        shell.Out.WriteLine("healed: amcheck has no complaint, every row is in the index");
        if (!parsed.GetValue(_once))
        {
            shell.Out.WriteLine($"{house.Address} stays up until Ctrl-C");
            await house.UntilStoppedAsync(cancel).ConfigureAwait(false);
        }
        return 0;
    }

    private static void Announce(CommandShell shell, Household house, string what) =>
        shell.Out.WriteLine($"{house.Address} is the dashboard; {what}; Ctrl-C stops everything");
}
