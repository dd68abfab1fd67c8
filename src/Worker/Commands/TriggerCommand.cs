using System.CommandLine;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing trigger: a recurring job, now.</summary>
public sealed class TriggerCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var job = new Argument<string>("JOB") { Description = string.Join(" | ", JobNames.Recurring) };
        job.AcceptOnlyFromAmong([.. JobNames.Recurring]);
        var target = new Option<string?>("--target") { Description = "Only for this target (default: every configured one)", HelpName = "NAME" };
        var table = new Option<string?>("--table") { Description = "With db.index_check: only this table, as schema.name", HelpName = "NAME" };
        var command = new Command("trigger", "Asks the running workers for a recurring job now") { job, target, table };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var names = Names(host.Options.Targets.Select(t => t.Name).ToList(), parsed.GetValue(target));
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            foreach (var name in names)
            {
                var run = await host.Get<JobDispatcher>().TriggerAsync(parsed.GetValue(job)!, name, parsed.GetValue(table), shell.Actor, cancel).ConfigureAwait(false);
                shell.Out.WriteLine(run is null ? $"{parsed.GetValue(job)} of {name} waits or runs already" : $"{run.Key} is asked for as run {run.Id}");
            }
            return 0;
        });
        return command;
    }

    // A target that only `healing up --connection` or the demonstration knows is in no file: its name is taken as it comes.
    private static IReadOnlyList<string> Names(IReadOnlyList<string> configured, string? wanted) =>
        wanted is not null && configured.Count == 0 ? [wanted] : TargetNames.Choose(configured, n => n, wanted);
}
