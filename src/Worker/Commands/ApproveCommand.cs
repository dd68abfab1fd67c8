using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing approve: shows the plan, asks, and lets the next worker carry it out.</summary>
public sealed class ApproveCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var id = new Argument<long>("ID");
        var yes = new Option<bool>("--yes") { Description = "Approves without asking" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "the plan was read" };
        var command = new Command("approve", "Shows the plan of a repair that waits for approval, and approves it") { id, yes, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var incident = await host.Get<IncidentLedger>().FindAsync(parsed.GetValue(id), cancel).ConfigureAwait(false)
                ?? throw new HealingException($"there is no incident {parsed.GetValue(id)}", "`healing incidents` lists them");
            if (!incident.WaitsForApproval)
            {
                throw new HealingException($"incident {incident.Id} is {incident.State} and waits for no approval", "`healing incidents` shows what does");
            }
            var factory = host.Get<HealerFactory>();
            var plan = await new PlanPreview(factory.Targets, factory.Repairs()) { Programs = factory.Settings.Programs }.OfAsync(incident, cancel).ConfigureAwait(false);
            shell.Out.WriteLine(SafeText.Of($"incident {incident.Id}: {incident.Kind.Name} on {incident.Object} of {incident.TargetName}"));
            shell.Out.WriteLine(SafeText.Of($"  {incident.Detail}"));
            PlanText.Write(shell.Out, plan);
            if (!parsed.GetValue(yes) && !await shell.AgreedAsync(cancel).ConfigureAwait(false))
            {
                return shell.Fail("not approved", "--yes approves without asking");
            }
            await host.Get<IncidentDecisions>().ApproveAsync(incident.Id, shell.Actor, parsed.GetValue(why)!, plan.Rows, PlanHash.BindingOf(plan), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"approved by {shell.Actor}; the next worker that looks carries it out");
            return 0;
        });
        return command;
    }
}
