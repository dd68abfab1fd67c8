namespace HealingWorkers.Dashboard.Pages.Live;

/// <summary>How far the ledger is, by topic.</summary>
internal sealed record LedgerMarks
{
    public required long Incidents { get; init; }
    public required string Jobs { get; init; }
    public required string Fleet { get; init; }

    /// <summary>What changed since; everything where nothing was known.</summary>
    public IReadOnlyList<string> Since(LedgerMarks? before)
    {
        if (before is null)
            return ["incidents", "jobs", "fleet"];
        var topics = new List<string>();
        if (before.Incidents != Incidents)
            topics.Add("incidents");
        if (before.Jobs != Jobs)
            topics.Add("jobs");
        if (before.Fleet != Fleet)
            topics.Add("fleet");
        return topics;
    }
}
