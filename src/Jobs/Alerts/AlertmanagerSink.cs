using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>
/// Alerts of a Prometheus Alertmanager. An incident is one alert there from its opening to its end: told again while it is open,
/// resolved when it ends. Grouping, silences and quiet hours are the Alertmanager's work.
/// </summary>
public sealed class AlertmanagerSink(AlertHttp http, TimeSpan resend, TimeProvider clock) : IStandingSink
{
    private const int AtOnce = 200;
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Once = TimeSpan.FromHours(1);
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Name => "alertmanager";

    public static Uri AddressOf(string address) => new($"{address.TrimEnd('/')}/api/v2/alerts");

    public Task SendAsync(Alert alert, CancellationToken cancel) => PostAsync([Shape(alert, EndOf(alert))], cancel);

    public async Task SendOpenAsync(IReadOnlyList<Alert> open, CancellationToken cancel)
    {
        foreach (var some in open.Chunk(AtOnce))
        {
            await PostAsync([.. some.Select(a => Shape(a, Expiry))], cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Without a word from us for that long, it takes the alert for over.</summary>
    private DateTimeOffset Expiry => clock.GetUtcNow() + (resend * 5);

    private DateTimeOffset EndOf(Alert alert)
    {
        var now = clock.GetUtcNow();
        return alert switch
        {
            { IncidentId: null } => now + Once,
            { IsEnd: false } => Expiry,
            // Told late, after an outage: what began and ended meanwhile is to be seen before it goes.
            _ when now - alert.At > Late => now + resend,
            _ => alert.At < now ? alert.At : now,
        };
    }

    private Task PostAsync(object[] alerts, CancellationToken cancel) => http.PostAsync(JsonSerializer.Serialize(alerts, Json), [], cancel);

    private static object Shape(Alert alert, DateTimeOffset end)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["alertname"] = NameOf(alert),
            ["severity"] = alert.Severity,
            ["job"] = "healing",
        };
        Add(labels, "target", alert.Target);
        Add(labels, "kind", alert.Kind);
        Add(labels, "incident", alert.IncidentId?.ToString(CultureInfo.InvariantCulture));
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["summary"] = alert.Message, ["description"] = alert.WhatToDo };
        Add(annotations, "object", alert.Object);
        Add(annotations, "receipt_head", alert.ReceiptHead);
        var shape = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["labels"] = labels,
            ["annotations"] = annotations,
            ["startsAt"] = IsoTime.Text(alert.Since ?? alert.At),
            ["endsAt"] = IsoTime.Text(end),
        };
        if (alert.Link is not null)
        {
            shape["generatorURL"] = alert.Link;
        }
        return shape;
    }

    /// <summary>An incident by that word; what belongs to none by what it tells of: HealingJobPoisoned, HealingChecksumsVerified, HealingTest.</summary>
    private static string NameOf(Alert alert) => alert.IncidentId is not null ? "HealingIncident"
        : "Healing" + string.Concat(alert.Event.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    private static void Add(Dictionary<string, string> to, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            to[name] = value;
        }
    }
}
