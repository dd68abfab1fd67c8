using System.CommandLine;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing alerts: how the sinks are doing. healing alerts test: whether a person would be told.</summary>
public sealed class AlertsCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var format = CommandFormat.Option();
        var command = new Command("alerts", "Shows what waits for each sink of the alerts, and how it is doing; tries them") { format, Test(shell) };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var states = await new AlertSinkLedger(ledger).StatesAsync(AlertSinkNames.Of(host.Options.Alerts), cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(states);
                return 0;
            }
            shell.Out.WriteLine($"{"sink",-14} {"waiting",7}  state");
            foreach (var s in states)
            {
                shell.Out.WriteLine(SafeText.Of($"{s.Sink,-14} {s.Waiting,7}  {(s.Failures > 0 ? $"away, {s.Failures} times in a row: {s.LastError}" : s.LastSentAt is { } at ? $"last sent {at:u}" : "nothing sent yet")}"));
            }
            return 0;
        });
        return command;
    }

    private static Command Test(CommandShell shell)
    {
        var sink = new Option<string?>("--sink") { Description = "Only by this one", HelpName = "NAME" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "tried from the command line" };
        var format = CommandFormat.Option();
        var command = new Command("test", "Sends a test alert by every sink, or by one, and says what came of it") { sink, why, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed, "information");
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            using var http = AlertSinks.Client();
            var test = new AlertTest(ledger, AlertSinks.Of(host.Options.Alerts, http, shell.Clock, host.Get<ILoggerFactory>()), shell.Clock);
            var results = await test.RunAsync(parsed.GetValue(sink), shell.Actor, parsed.GetValue(why)!, cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(results);
            }
            else
            {
                foreach (var r in results)
                {
                    shell.Out.WriteLine(SafeText.Of($"{r.Sink,-14} {(r.Sent ? $"took it in {r.Seconds:0.0} s" : r.Error)}"));
                }
            }
            return results.All(r => r.Sent) ? 0 : shell.Fail($"not taken by {string.Join(", ", results.Where(r => !r.Sent).Select(r => r.Sink))}", "docs/alerts.md says what each sink needs");
        });
        return command;
    }
}
