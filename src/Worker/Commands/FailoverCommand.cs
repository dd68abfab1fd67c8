using System.CommandLine;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing failover: promotes a standby, if nothing speaks against it. Only ever because a person asked.</summary>
public sealed class FailoverCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Argument<string>("TARGET") { Description = "A target of the configuration" };
        var to = new Option<string>("--to") { Description = "The configured standby that becomes the primary", HelpName = "STANDBY", Required = true };
        var dry = new Option<bool>("--dry-run") { Description = "Looks and tells, and runs nothing" };
        var yes = new Option<bool>("--yes") { Description = "Promotes without asking" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "asked for on the command line" };
        var command = new Command("failover", "Promotes a standby of a target whose primary is gone") { target, to, dry, yes, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await using var one = OneTarget.Configured(shell, parsed, parsed.GetValue(target)!);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var faults = FaultInjector.FromEnvironment();
            var promotion = new Promotion(one, ledger, shell.Actor, shell.Clock) { At = at => faults.Hit(Enum.Parse<FaultPoint>($"Failover{at}")) };
            var plan = await promotion.PlanAsync(parsed.GetValue(to)!, cancel).ConfigureAwait(false);
            var fence = one.Options.Failover.Fence.Length > 0;
            Write(shell, plan, fence);
            if (parsed.GetValue(dry))
            {
                return plan.Against(fence) is not null
                    ? shell.Fail("it would be refused", "docs/failover.md says what each refusal means") : 0;
            }
            if (plan.Against(fence) is null && !parsed.GetValue(yes) && !await shell.AgreedAsync(cancel).ConfigureAwait(false))
            {
                return shell.Fail("nothing was promoted", "--yes promotes without asking");
            }
            await promotion.RunAsync(parsed.GetValue(to)!, parsed.GetValue(why)!, said => shell.Out.WriteLine(SafeText.Of(said)), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"now let everybody know: healing rotate {one.Name} --host HOST:PORT");
            return 0;
        });
        return command;
    }

    private static void Write(CommandShell shell, FailoverPlan plan, bool fence)
    {
        var s = plan.Standby;
        shell.Out.WriteLine(SafeText.Of($"standby {s.Name} of {plan.Target}: {(s.InRecovery ? $"received {s.ReceivedLsn ?? "nothing"}, replayed {s.ReplayedLsn ?? "nothing"}" : "not in recovery")}, timeline {s.Timeline}"));
        foreach (var told in plan.Told)
        {
            shell.Out.WriteLine(SafeText.Of("  " + told));
        }
        foreach (var refusal in plan.Refusals)
        {
            shell.Out.WriteLine(SafeText.Of("  refused: " + refusal));
        }
        if (plan.Unfenced is { } doubt)
        {
            shell.Out.WriteLine(SafeText.Of($"  {(fence ? "the fence must cut it off" : "refused")}: {doubt}{(fence ? "" : "; a primary that cannot be reached counts as alive, and no fence is configured")}"));
        }
    }
}
