using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Recomputes what a receipt says: the chain, the ledger's rows, the snapshot's bytes, the present state of what was repaired.</summary>
public sealed class ReceiptVerifier(LedgerDb db, ReceiptLedger receipts, SnapshotLedger snapshots, IndexRecheck recheck, Storage storage)
{
    /// <param name="target">Null when the target is not configured here: its present state is then not recomputed.</param>
    public async Task<ReceiptVerdict> VerifyAsync(long incident, Target? target, CancellationToken cancel)
    {
        var verdict = new Collected();
        if (await receipts.VerifyAsync(cancel).ConfigureAwait(false) is { } broken)
        {
            verdict.Changed.Add($"receipts: {broken.Why}");
        }
        else
        {
            verdict.Recomputed.Add("the chain of all receipts");
        }
        var links = await receipts.OfIncidentAsync(incident, cancel).ConfigureAwait(false);
        var now = await db.InTransactionAsync((connection, transaction) => LedgerRows.OfAsync(connection, transaction, incident, cancel), cancel).ConfigureAwait(false);
        var ledger = await new QuarantineLedger(db).IdAsync(cancel).ConfigureAwait(false);
        foreach (var link in links)
        {
            if (Read(link) is not { } body)
            {
                verdict.Changed.Add($"receipts: receipt {link.Seq} cannot be read");
                continue;
            }
            var isLast = ReferenceEquals(link, links[^1]);
            var before = verdict.Changed.Count;
            // what is escalated goes on, whatever came back of it
            var closed = isLast && body.Outcome is ("resolved" or "undone" or "reapplied" or "rows_back" or "rows_again") && (string?)body.Ledger["incident"]?["state"] != nameof(IncidentState.Escalated);
            verdict.Changed.AddRange(RowComparison.Differences(body.Ledger, now, closed));
            if (verdict.Changed.Count == before)
            {
                verdict.Recomputed.Add($"the ledger's rows of attempt {link.Attempt}");
            }
            await SnapshotAsync(body, verdict, cancel).ConfigureAwait(false);
            await QuarantineProof.CheckAsync(body, ledger, target, verdict.Recomputed, verdict.Changed, verdict.NotRecomputed, cancel).ConfigureAwait(false);
            if (isLast && body.Outcome == "resolved")
            {
                await PresentAsync(body, target, verdict, cancel).ConfigureAwait(false);
            }
        }
        return new([.. verdict.Changed.Distinct(StringComparer.Ordinal)], verdict.Recomputed, verdict.NotRecomputed);
    }

    private async Task SnapshotAsync(ReceiptBody body, Collected verdict, CancellationToken cancel)
    {
        if (body.Snapshot is { Id: { } id, Sha256: { } sha256 })
        {
            await BytesAsync(id, "snapshot", sha256, verdict, cancel).ConfigureAwait(false);
        }
        else
        {
            verdict.NotRecomputed.Add($"the snapshot: {body.Snapshot.Statement}");
        }
        if (body.Snapshot.Base is { } copy)
        {
            await BytesAsync(copy.Id, copy.Kind, copy.Sha256, verdict, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Attempts may share a snapshot; its bytes are read once.</summary>
    private async Task BytesAsync(long id, string kind, string sha256, Collected verdict, CancellationToken cancel)
    {
        if (!verdict.Read.Add((id, sha256)))
        {
            return;
        }
        var row = await snapshots.FindAsync(id, cancel).ConfigureAwait(false);
        if (row is null)
        {
            verdict.Changed.Add($"{kind} {id} is gone from the ledger");
        }
        else if (row.RemovedAt is { } removed)
        {
            verdict.NotRecomputed.Add($"the files of {kind} {id}: removed {removed:u}, when their time was over");
        }
        else if (!storage.Holds(row.Host, row.Place, row.Sha256))
        {
            verdict.NotRecomputed.Add($"the files of {kind} {id}: they are on {row.Host}");
        }
        else
        {
            var changed = await SnapshotReader.ChangedAsync(row.Place, sha256, cancel).ConfigureAwait(false);
            verdict.Changed.AddRange(changed.Select(c => $"{kind} {id}: {c}"));
            if (changed.Count == 0)
            {
                verdict.Recomputed.Add($"every byte of {kind} {id}");
            }
        }
    }

    private async Task PresentAsync(ReceiptBody body, Target? target, Collected verdict, CancellationToken cancel)
    {
        if (body.Verification is not { Indexes.Count: > 0 })
        {
            verdict.NotRecomputed.Add($"the present state of what {body.Plan.Repair} worked on: `healing check` looks at that");
        }
        foreach (var index in body.Verification?.Indexes ?? [])
        {
            if (target is null)
            {
                verdict.NotRecomputed.Add($"the present state of {index.Name}: its target is not configured here");
                continue;
            }
            try
            {
                await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                var look = await IndexLook.AtAsync(connection, new RelationName(index.Oid, index.Name), cancel).ConfigureAwait(false);
                if (look is null || look.Oid != index.Oid || look.FileNode != index.FileNode)
                {
                    verdict.NotRecomputed.Add($"the present state of {index.Name}: it has been rebuilt or dropped since");
                    continue;
                }
                var said = await recheck.LookAsync(target, [look.Oid], cancel).ConfigureAwait(false);
                (said.Sound ? verdict.Recomputed : said.Looked ? verdict.Changed : verdict.NotRecomputed).Add($"the present state of {index.Name}: {said.Said}");
            }
            catch (Exception e) when (e is Npgsql.NpgsqlException or Errors.HealingException or TimeoutException)
            {
                verdict.NotRecomputed.Add($"the present state of {index.Name}: {e.Message}");
            }
        }
    }

    private static ReceiptBody? Read(Receipt link)
    {
        try
        {
            return JsonSerializer.Deserialize<ReceiptBody>(link.Body, LedgerJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Collected
    {
        public HashSet<(long, string)> Read { get; } = [];
        public List<string> Changed { get; } = [];
        public List<string> Recomputed { get; } = [];
        public List<string> NotRecomputed { get; } = [];
    }
}
