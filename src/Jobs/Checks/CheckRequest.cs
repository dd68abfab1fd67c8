using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

public sealed record CheckRequest(Target Target, CheckScope Scope)
{
    /// <summary>A pool of check sessions has no more.</summary>
    public const int MostJobs = 16;

    public int Jobs { get; init; } = 1;
    public IProgress<CheckProgress>? Progress { get; init; }
    /// <summary>What the run may do to others on this server.</summary>
    public Ground Ground { get; init; } = Ground.Live;
    /// <summary>What others found already, and what is therefore left alone.</summary>
    public KnownDamage Known { get; init; } = KnownDamage.None;
    /// <summary>Which database it is, by the ledger; null where nobody was asked. For a check that may not be able to ask itself.</summary>
    public TargetId? KnownAs { get; init; }
    /// <summary>How much of the server's time it takes.</summary>
    public Throttle Throttle { get; init; } = Throttle.None;
    /// <summary>By workers, who look again and again and have somebody called: what was there before their first look is told as well.</summary>
    public bool Recurring { get; init; }
    /// <summary>What earlier runs left to compare with; null where there is no ledger.</summary>
    public ICheckMemory? Memory { get; init; }
}

/// <summary>How much of the database a run looks at: all of it, one table with its indexes, or named indexes.</summary>
public sealed record CheckScope
{
    public static readonly CheckScope All = new();
    public long? Table { get; init; }
    public IReadOnlyList<long>? Indexes { get; init; }
    /// <summary>One block of the table alone, without its TOAST table, for a check that goes block by block; others look at all of the table.</summary>
    public long? Block { get; init; }

    public static CheckScope OfBlock(long table, long block) => new() { Table = table, Block = block };
    public static CheckScope OfTable(long oid) => new() { Table = oid };
    public static CheckScope OfIndexes(params IReadOnlyList<long> oids) => new() { Indexes = oids };
}

public sealed record CheckProgress(string Check, int Done, int Total, string Current);

/// <summary>Values that a check keeps between its runs, for one target.</summary>
public interface ICheckMemory
{
    Task<string?> RecallAsync(TargetId target, string topic, string key, CancellationToken cancel);
    /// <summary>All of a topic, by key.</summary>
    Task<IReadOnlyDictionary<string, string>> RecallAllAsync(TargetId target, string topic, CancellationToken cancel);
    Task RememberAsync(TargetId target, string topic, string key, string json, CancellationToken cancel);
    Task ForgetAsync(TargetId target, string topic, string key, CancellationToken cancel);
}
