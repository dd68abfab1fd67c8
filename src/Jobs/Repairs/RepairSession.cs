using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The fenced session of the one healer of a target: its backend is in the ledger and it holds the target's advisory lock.</summary>
public sealed class RepairSession(Target target, TargetFacts facts, NpgsqlConnection connection, long token)
{
    public Target Target => target;
    public TargetFacts Facts => facts;
    public NpgsqlConnection Connection => connection;
    /// <summary>Who repairs; the facts tell who looks.</summary>
    public string Role => connection.UserName ?? facts.Role;
    /// <summary>The fencing token of the lease; every ledger write of this repair carries it.</summary>
    public long Token => token;
    /// <summary>The ledger's own id, by which a target's quarantine tells incidents of several ledgers apart.</summary>
    public string Ledger { get; init; } = "";
    /// <summary>The number of the attempt that this session makes.</summary>
    public int Attempt { get; init; }
    /// <summary>Other incidents that are open on these tables and indexes, by the ledger.</summary>
    public Func<IReadOnlyCollection<long>, CancellationToken, Task<IReadOnlyList<Incidents.Incident>>> OpenBesideAsync { get; init; } = static (_, _) => Task.FromResult<IReadOnlyList<Incidents.Incident>>([]);
    /// <summary>Whether a person has closed a loss of rows of this table since the incident was opened; null where nobody repairs and a plan is only shown.</summary>
    public Func<long, CancellationToken, Task<bool>>? LossIsDecidedAsync { get; init; }
    /// <summary>What the first attempt of this incident found on the table, by the ledger; null when this is the first.</summary>
    public IReadOnlyList<long>? IndexesBefore { get; init; }
    /// <summary>What earlier attempts of this incident sent to the server, by the ledger; null where one of them could not tell, or nobody is asked.</summary>
    public IReadOnlyList<string>? SentBefore { get; init; }
    /// <summary>An earlier attempt may have done the work already, so that the finding is looked at again first.</summary>
    public bool LookAgain { get; init; }
    /// <summary>A directory in which the server's programs are looked for first; may be empty.</summary>
    public string Programs { get; init; } = "";
    /// <summary>Whether the ledger is on the very server that is repaired.</summary>
    public Func<CancellationToken, Task<bool>> IsLedgerHereAsync { get; init; } = static _ => Task.FromResult(false);
    /// <summary>For a repair whose session the server has ended: the same one, opened and fenced anew.</summary>
    public Func<CancellationToken, Task> ReopenAsync { get; init; } = static _ => Task.CompletedTask;
    /// <summary>Called by a repair that has stopped the server, before it changes anything: keeps a copy of it. Why nothing may be changed, or null. Null itself where none is wanted.</summary>
    public Func<CancellationToken, Task<string?>>? KeepStoppedAsync { get; set; }
    /// <summary>Called while a build is under way.</summary>
    public Func<Task> OnBuilding { get; init; } = () => Task.CompletedTask;
}
