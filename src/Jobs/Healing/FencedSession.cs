using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using static HealingWorkers.Jobs.Healing.FaultPoint;

namespace HealingWorkers.Jobs.Healing;

/// <summary>The one session that repairs a target: its predecessor's backend is gone, its own is in the ledger, the target's lock is held.</summary>
public sealed class FencedSession : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly HealerTools _tools;

    private FencedSession(Target target, TargetFacts facts, NpgsqlConnection connection, Backend backend, HealerTools tools, SessionWay way) =>
        (Target, Facts, Connection, Backend, _tools, Way) = (target, facts, connection, backend, tools, way);

    public Target Target { get; }
    public TargetFacts Facts { get; }
    public NpgsqlConnection Connection { get; }
    public Backend Backend { get; private set; }
    public SessionWay Way { get; }

    /// <summary>Null when the target's lock is held by somebody else for longer than patience lasts.</summary>
    public static async Task<FencedSession?> OpenAsync(Target target, Lease lease, HealerLedgers ledgers, HealerTools tools, HealerSettings settings, SessionWay way, CancellationToken cancel)
    {
        var (connection, facts) = await way.OpenAsync(target, cancel).ConfigureAwait(false);
        try
        {
            if (lease.Predecessor is { } predecessor)
            {
                await Backends.EndAsync(connection, predecessor, tools.Clock, cancel).ConfigureAwait(false);
            }
            var own = await Backends.OwnAsync(connection, cancel).ConfigureAwait(false);
            tools.Faults.Hit(BeforeBackendRecorded);
            await ledgers.Leases.RecordBackendAsync(lease, own.Pid, own.Start, cancel).ConfigureAwait(false);
            tools.Faults.Hit(AfterBackendRecorded);
            if (!await LockAsync(connection, settings.LockPatience, tools.Clock, cancel).ConfigureAwait(false))
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                return null;
            }
            tools.Faults.Hit(TargetLocked);
            return new(target, facts ?? await target.FactsAsync(cancel).ConfigureAwait(false), connection, own, tools, way);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>After the server ended the session, for the repair or under it: the same one, fenced anew.</summary>
    public async Task ReopenAsync(Lease lease, HealerLedgers ledgers, HealerSettings settings, CancellationToken cancel)
    {
        await Connection.OpenAsync(cancel).ConfigureAwait(false);
        Backend = await Backends.OwnAsync(Connection, cancel).ConfigureAwait(false);
        await ledgers.Leases.RecordBackendAsync(lease, Backend.Pid, Backend.Start, cancel).ConfigureAwait(false);
        if (!await LockAsync(Connection, settings.LockPatience, _tools.Clock, cancel).ConfigureAwait(false))
        {
            throw new Errors.HealingException("the server ended the repair's session, and another one took the target's lock for repairs before ours came back", "It is looked at again with the next attempt.");
        }
    }

    /// <summary>Called in the middle of a build: only a fault that is armed there makes it wait for one.</summary>
    public async Task OnBuildingAsync()
    {
        if (!_tools.Faults.IsArmed(MidRebuild))
        {
            return;
        }
        await using var other = await Target.OpenCheckAsync(CancellationToken.None).ConfigureAwait(false);
        for (var looks = 0; looks < 2000 && !await Backends.IsBuildingAsync(other, Backend.Pid, CancellationToken.None).ConfigureAwait(false); looks++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), _tools.Clock).ConfigureAwait(false);
        }
        _tools.Faults.Hit(MidRebuild);
    }

    /// <summary>Sees to it that nothing goes on without its client. Throws where it cannot be seen.</summary>
    public async Task EndAsync(Exception why)
    {
        await DisposeAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), _tools.Clock);
        try
        {
            var (other, _) = await Way.OpenAsync(Target, limit.Token).ConfigureAwait(false);
            await using var own = other;
            await Backends.EndAsync(other, Backend, _tools.Clock, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or Errors.HealingException)
        {
            throw new BackendLeftException(why);
        }
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private static async Task<bool> LockAsync(NpgsqlConnection connection, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IncidentHealer>("take_target_lock"), cancellationToken: cancel)).ConfigureAwait(false))
        {
            if (clock.GetElapsedTime(began) > patience)
            {
                return false;
            }
            await Task.Delay(Pause, clock, cancel).ConfigureAwait(false);
        }
        return true;
    }
}
