using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Sends a test alert by each sink, or by one, past the queue, and says what came of it.</summary>
public sealed class AlertTest(LedgerDb db, IReadOnlyList<IAlertSink> sinks, TimeProvider clock)
{
    public async Task<IReadOnlyList<SinkTest>> RunAsync(string? only, string actor, string why, CancellationToken cancel)
    {
        var wanted = sinks.Where(s => only is null || s.Name == only).ToList();
        if (wanted.Count == 0)
        {
            throw new HealingException($"there is no sink {only}", $"configured are: {string.Join(", ", sinks.Select(s => s.Name))}");
        }
        var alert = new Alert($"test:{Guid.NewGuid():N}", "test", AlertSeverity.Info.Name(), null, "", "", "", $"This is a test of the alerts, asked for by {actor}: {why}", "Nothing.", null, clock.GetUtcNow());
        var results = await Task.WhenAll(wanted.Select(sink => TryAsync(sink, alert, cancel))).ConfigureAwait(false);
        var said = string.Join(", ", results.Select(r => r.Sent ? $"{r.Sink} took it" : $"{r.Sink} did not: {r.Error}"));
        await new AuditLog(db).WriteAsync(new AuditEntry("alert.tested", "info", $"alerts tested ({why}): {said}", actor), cancel).ConfigureAwait(false);
        return results;
    }

    private async Task<SinkTest> TryAsync(IAlertSink sink, Alert alert, CancellationToken cancel)
    {
        var begun = clock.GetTimestamp();
        string? error = null;
        try
        {
            await sink.SendAsync(alert, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            error = Redactor.Text(e.Message);
        }
        return new SinkTest(sink.Name, error is null, Math.Round(clock.GetElapsedTime(begun).TotalSeconds, 3), error);
    }
}

public sealed record SinkTest(string Sink, bool Sent, double Seconds, string? Error);
