using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Alerts as log lines, which every installation has.</summary>
public sealed class LogSink(ILogger<LogSink> log) : IAlertSink
{
    public string Name => "log";

    public Task SendAsync(Alert alert, CancellationToken cancel)
    {
        var level = alert switch { { IsEnd: true } => LogLevel.Information, { Severity: "critical" } => LogLevel.Error, { Severity: "warning" } => LogLevel.Warning, _ => LogLevel.Information };
        log.Log(level, "ALERT {Event}: {Message} (incident {Incident}, {Kind} on {Object} of {Target}; receipts end with {ReceiptHead}). What to do: {WhatToDo}",
            alert.Event, alert.Message, alert.IncidentId, alert.Kind, alert.Object, alert.Target, alert.ReceiptHead ?? "none", alert.WhatToDo);
        return Task.CompletedTask;
    }
}
