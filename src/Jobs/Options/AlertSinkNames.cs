namespace HealingWorkers.Jobs.Options;

/// <summary>The sinks that the configuration asks for; the log is always one.</summary>
public static class AlertSinkNames
{
    public static IReadOnlyList<string> Of(AlertOptions alerts)
    {
        (string Name, bool Wanted)[] sinks =
        [
            ("log", true),
            ("webhook", alerts.Webhook.Length > 0),
            ("slack", alerts.Slack.Length > 0),
            ("alertmanager", alerts.Alertmanager.Length > 0),
            ("smtp", alerts.Smtp.Host.Length > 0),
        ];
        return [.. sinks.Where(s => s.Wanted).Select(s => s.Name)];
    }
}
