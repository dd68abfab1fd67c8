using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>The rows that an incident's repairs took, as its target keeps them, a line each.</summary>
internal static class KeptRowsText
{
    private const int Page = 500;
    private const int Longest = 200;

    public static async Task WriteAsync(CommandShell shell, HealingHost host, long id, CancellationToken cancel)
    {
        var incident = await host.Get<IncidentLedger>().FindAsync(id, cancel).ConfigureAwait(false) ?? throw new HealingException($"there is no incident {id}", "`healing incidents --all` lists them.");
        await using var connection = await host.Get<HealerFactory>().Targets.Named(incident.TargetName).OpenRepairAsync(cancel).ConfigureAwait(false);
        var ledger = await new QuarantineLedger(await host.OpenLedgerAsync(cancel).ConfigureAwait(false)).IdAsync(cancel).ConfigureAwait(false);
        KeptPlace? after = null;
        IReadOnlyList<KeptRow> rows;
        do
        {
            rows = await RowsInQuarantine.OfAsync(connection, ledger, id, after, Page, cancel, incident.OpenedAt).ConfigureAwait(false);
            foreach (var row in rows)
            {
                var values = string.Join(", ", row.Columns.Select((c, i) => $"{c}={row.Values[i] ?? "NULL"}"));
                shell.Out.WriteLine(SafeText.Of($"{row.Name,-14} {(row.RestoredAt is null ? "in quarantine" : "back in place"),-14} {row.Table}: {(values.Length > Longest ? values[..Longest] + "..." : values)}"));
                after = new(row.Batch, row.Part, row.Place);
            }
        }
        while (rows.Count == Page);
        if (after is null)
        {
            shell.Out.WriteLine("no rows lie in the quarantine because of it");
        }
    }
}
