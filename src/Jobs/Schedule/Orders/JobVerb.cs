namespace HealingWorkers.Jobs.Schedule;

/// <summary>What a person may do with runs.</summary>
public enum JobVerb
{
    /// <summary>The same again: of what has ended.</summary>
    Retry,

    /// <summary>What waits ends at once, what runs is asked to stop.</summary>
    Cancel,

    /// <summary>The history of what has ended goes.</summary>
    Delete,
}

public static class JobVerbs
{
    private static readonly string[] Active = ["pending", "running"];
    private static readonly string[] Ended = ["succeeded", "failed", "cancelled"];

    /// <summary>Runs in these states it can be done with.</summary>
    public static IReadOnlyList<string> States(this JobVerb verb) => verb == JobVerb.Cancel ? Active : Ended;

    public static string Past(this JobVerb verb) => verb switch
    {
        JobVerb.Retry => "retried",
        JobVerb.Cancel => "cancelled",
        _ => "deleted",
    };
}
