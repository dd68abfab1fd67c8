namespace HealingWorkers.Jobs.Alerts;

/// <summary>One way of telling a person.</summary>
public interface IAlertSink
{
    string Name { get; }
    Task SendAsync(Alert alert, CancellationToken cancel);
}

/// <param name="Event">repair_failed | escalated | resolved | checksum_failures ...</param>
/// <param name="WhatToDo">The next step, for somebody who has never seen this before.</param>
public sealed record Alert(string Key, string Event, string Severity, long? IncidentId, string Target, string Kind, string Object, string Message, string WhatToDo, string? ReceiptHead, DateTimeOffset At);
