using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Alerts as messages of an incoming webhook of Slack, or of what understands the same.</summary>
public sealed class SlackSink(AlertHttp http) : IAlertSink
{
    private const int Longest = 2500;
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Name => "slack";

    public Task SendAsync(Alert alert, CancellationToken cancel) => http.PostAsync(Body(alert), [], cancel);

    public static string Body(Alert alert)
    {
        var head = $"{(alert.IsEnd ? "over" : alert.Severity)}: {alert.Event.Replace('_', ' ')}";
        object[] fields = alert.IncidentId is { } id
            ? [Field("Target", alert.Target), Field("Kind", alert.Kind), Field("Object", alert.Object), Field("Incident", id.ToString(CultureInfo.InvariantCulture))]
            : [];
        return JsonSerializer.Serialize(new
        {
            text = $"*{head}* {Escape(alert.Message)}" + (alert.Link is null ? "" : $" <{alert.Link}|look at it>"),
            attachments = new[]
            {
                new
                {
                    color = alert.IsEnd ? "good" : alert.Severity switch { "critical" => "danger", "warning" => "warning", _ => "#888888" },
                    fallback = Escape($"{head} {alert.Message}"),
                    text = Escape(alert.WhatToDo),
                    fields,
                    footer = alert.ReceiptHead is null ? "HealingWorkers" : $"HealingWorkers, receipts end with {alert.ReceiptHead}",
                    ts = alert.At.ToUnixTimeSeconds(),
                },
            },
        }, Json);
    }

    private static object Field(string title, string value) => new { title, value = Escape(value), @short = true };

    /// <summary>The three characters that mean something there: no name of a relation becomes a link or calls everybody.</summary>
    private static string Escape(string text) =>
        (text.Length > Longest ? text[..Longest] + "…" : text).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
