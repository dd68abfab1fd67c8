using System.CommandLine;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing receipt: what was done about an incident, and whether that can still be proven.</summary>
public sealed class ReceiptCommand : ICommandModule
{
    private const int Changed = 2;

    public Command Build(CommandShell shell)
    {
        var id = new Argument<long>("ID") { Description = "The incident" };
        var verify = new Option<bool>("--verify") { Description = "Recomputes what can be recomputed; 2 when anything was changed" };
        var format = CommandFormat.Option();
        var command = new Command("receipt", "Shows the receipts of an incident, or verifies them") { id, verify, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var incident = parsed.GetValue(id);
            var receipts = await host.Get<ReceiptLedger>().OfIncidentAsync(incident, cancel).ConfigureAwait(false);
            if (receipts.Count == 0)
            {
                throw new HealingException($"there is no receipt of incident {incident}", "A receipt is written when an attempt ends; `healing incidents show` tells how far it is.");
            }
            return parsed.GetValue(verify)
                ? await VerifyAsync(shell, host, incident, parsed.IsJson(format), cancel).ConfigureAwait(false)
                : Show(shell, receipts, parsed.IsJson(format));
        });
        return command;
    }

    private static int Show(CommandShell shell, IReadOnlyList<Receipt> receipts, bool json)
    {
        if (json)
        {
            shell.WriteJson(receipts.Select(r => new { r.Seq, incident = r.IncidentId, r.Attempt, r.At, r.PreviousHash, r.Hash, body = JsonNode.Parse(r.Body) }));
            return 0;
        }
        foreach (var receipt in receipts)
        {
            var body = JsonNode.Parse(receipt.Body)!;
            shell.Out.WriteLine(SafeText.Whole($"receipt {receipt.Seq} of {receipt.At:u}: attempt {receipt.Attempt} {body["outcome"]}{(body["reason"] is { } why ? $": {why}" : "")}"));
            shell.Out.WriteLine(SafeText.Whole($"  snapshot: {body["snapshot"]?["kind"]}, {body["snapshot"]?["statement"]}"));
            foreach (var statement in body["statements"]!.AsArray())
            {
                shell.Out.WriteLine(SafeText.Whole($"  {statement}"));
            }
            shell.Out.WriteLine(SafeText.Whole($"  verification: {body["verification"]?["statement"] ?? "none"}"));
            shell.Out.WriteLine($"  hash {receipt.Hash}, after {receipt.PreviousHash}");
        }
        return 0;
    }

    private static async Task<int> VerifyAsync(CommandShell shell, Hosting.HealingHost host, long id, bool json, CancellationToken cancel)
    {
        var incident = await host.Get<IncidentLedger>().FindAsync(id, cancel).ConfigureAwait(false);
        var factory = host.Get<HealerFactory>();
        var verdict = await factory.Receipts().VerifyAsync(id, incident is null ? null : factory.Targets.Find(incident.TargetName), cancel).ConfigureAwait(false);
        if (json)
        {
            shell.WriteJson(new { incident = id, verdict.Holds, verdict.Changed, verdict.Recomputed, verdict.NotRecomputed });
        }
        else
        {
            Write(shell, "CHANGED", verdict.Changed);
            Write(shell, "agrees", verdict.Recomputed);
            Write(shell, "cannot be recomputed", verdict.NotRecomputed);
        }
        return verdict.Holds ? 0 : Changed;
    }

    private static void Write(CommandShell shell, string label, IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            shell.Out.WriteLine(SafeText.Whole($"{label}: {line}"));
        }
    }
}
