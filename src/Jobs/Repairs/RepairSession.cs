using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The fenced session of the one healer of a target: its backend is in the ledger and it holds the target's advisory lock.</summary>
public sealed class RepairSession(Target target, TargetFacts facts, NpgsqlConnection connection, long token)
{
    public Target Target => target;
    public TargetFacts Facts => facts;
    public NpgsqlConnection Connection => connection;
    /// <summary>The fencing token of the lease; every ledger write of this repair carries it.</summary>
    public long Token => token;
}
