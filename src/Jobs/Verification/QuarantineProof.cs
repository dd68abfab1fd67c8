using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Recomputes what a receipt says of the quarantine, from the rows that lie there now.</summary>
internal static class QuarantineProof
{
    /// <param name="recomputed">Takes what agrees.</param>
    /// <param name="changed">Takes what differs.</param>
    /// <param name="not">Takes what cannot be recomputed, and why.</param>
    public static async Task CheckAsync(ReceiptBody body, string ledger, Target? target, List<string> recomputed, List<string> changed, List<string> not, CancellationToken cancel)
    {
        if (body.Quarantine.Count == 0)
        {
            return;
        }
        if (target is null)
        {
            not.Add("the rows in quarantine: their target is not configured here");
            return;
        }
        try
        {
            // the role that looks has no business in there
            await using var connection = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
            var now = (await QuarantineStore.BatchesAsync(connection, ledger, body.Incident, cancel).ConfigureAwait(false)).ToDictionary(b => b.Id);
            foreach (var then in body.Quarantine)
            {
                var what = FormattableString.Invariant($"batch {then.Batch} of the quarantine ({then.Rows} rows)");
                if (!now.TryGetValue(then.Batch, out var batch))
                {
                    changed.Add($"{what} is gone");
                }
                else if (batch.Sha256 != then.Sha256 || batch.Rows != then.Rows)
                {
                    changed.Add($"{what} has another hash than in the receipt");
                }
                else if (batch.SweptAt is { } swept)
                {
                    not.Add($"the rows of {what}: removed {swept:u}, when their time was over");
                }
                else if (await QuarantineStore.ChangedAsync(connection, batch, cancel).ConfigureAwait(false) is { } said)
                {
                    changed.Add($"quarantine: {said}");
                }
                else
                {
                    recomputed.Add($"every value in {what}");
                }
            }
        }
        catch (Exception e) when (e is NpgsqlException or Errors.HealingException or TimeoutException)
        {
            not.Add($"the rows in quarantine: {e.Message}");
        }
    }
}
