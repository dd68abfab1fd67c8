using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Makes the sinks that the configuration asks for.</summary>
public static class AlertSinks
{
    /// <param name="http">Shared; its own time-out is not relied on.</param>
    public static IReadOnlyList<IAlertSink> Of(AlertOptions alerts, HttpClient http, TimeProvider clock, ILoggerFactory logs) =>
        [.. AlertSinkNames.Of(alerts).Select<string, IAlertSink>(name => name switch
        {
            "log" => new LogSink(logs.CreateLogger<LogSink>()),
            "webhook" => new WebhookSink(new AlertHttp(http, name, new Uri(alerts.Webhook)), alerts.WebhookSecret, clock),
            "slack" => new SlackSink(new AlertHttp(http, name, new Uri(alerts.Slack))),
            "alertmanager" => new AlertmanagerSink(new AlertHttp(http, name, AlertmanagerSink.AddressOf(alerts.Alertmanager)), alerts.Resend, clock),
            "smtp" => new SmtpSink(alerts.Smtp, clock, logs.CreateLogger<SmtpSink>()),
            _ => throw new InvalidOperationException($"there is no sink {name}"),
        })];

    /// <summary>Follows no redirection: an alert goes where the configuration says.</summary>
    public static HttpClient Client() => new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = AlertHttp.Patience, PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
}
