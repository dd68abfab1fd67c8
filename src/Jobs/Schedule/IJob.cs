using System.Text.Json.Nodes;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What a delivered run does. One class a job name; the same in every engine.</summary>
public interface IJob
{
    /// <summary>db.health_check, db.index_check, db.orphan_cleanup, db.backup, db.index_check.table, repair, undo.</summary>
    string Name { get; }

    Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel);
}

/// <param name="Execution">1 at first; more after a crash of the process that ran it.</param>
/// <param name="Token">Fencing token of this execution.</param>
public sealed record JobContext(long Run, string Key, string? Target, JsonObject Arguments, int Execution, long Token, Action<string> Log)
{
    /// <summary>How often this run was put off.</summary>
    public int Deferrals { get; init; }
}

/// <summary>How a run ended. A deferral is the same key again, later.</summary>
public sealed record JobOutcome(string? Note, TimeSpan? DeferFor)
{
    public static readonly JobOutcome Done = new(null, null);
    public static JobOutcome With(string note) => new(note, null);
    public static JobOutcome Defer(TimeSpan delay, string why) => new(why, delay);
}
