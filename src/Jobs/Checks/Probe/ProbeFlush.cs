using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What is on disk is as old as the last checkpoint. A patient look waits for the server's own, one that is in no hurry to spare it an extra one.</summary>
internal sealed class ProbeFlush(CheckRequest request)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(5);

    /// <summary>False where the role may not ask for a checkpoint.</summary>
    public async Task<bool> NowAsync(CancellationToken cancel)
    {
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false);
    }

    public async Task<bool> PatientlyAsync(CancellationToken cancel)
    {
        if (request.Throttle.IsOff)
        {
            return await NowAsync(cancel).ConfigureAwait(false);
        }
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var position = new NpgsqlCommand(Sql.Of<ICheck>("wal_position"), connection);
        var since = (string)(await position.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        for (var began = request.Target.Clock.GetTimestamp(); request.Target.Clock.GetElapsedTime(began) < Longest;)
        {
            await Task.Delay(Glance, request.Target.Clock, cancel).ConfigureAwait(false);
            await using var seen = new NpgsqlCommand(Sql.Of<ICheck>("checkpoint_seen"), connection) { Parameters = { new("since", since) } };
            if (await seen.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true)
            {
                return true;
            }
        }
        return await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false);
    }
}
