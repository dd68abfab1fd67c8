namespace HealingWorkers.Jobs.Alerts;

/// <param name="Key">The same for every repetition; a receiver that knows it has been told already.</param>
/// <param name="Event">opened | repair_failed | approval_wanted | escalated | ended | job_poisoned | checksums_verified | test</param>
/// <param name="Severity">info | warning | critical</param>
/// <param name="WhatToDo">The next step, for somebody who has never seen this before.</param>
/// <param name="ReceiptHead">The last hash of the chain of receipts by then.</param>
public sealed record Alert(string Key, string Event, string Severity, long? IncidentId, string Target, string Kind, string Object, string Message, string WhatToDo, string? ReceiptHead, DateTimeOffset At)
{
    /// <summary>Since when it is so: when the incident was opened.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Where a person reads more; null without alerts.link.</summary>
    public string? Link { get; init; }

    /// <summary>What it tells of is over.</summary>
    public bool IsEnd => Event == "ended";
}
