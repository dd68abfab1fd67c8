using System.Net.Mail;
using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of the alerts.</summary>
internal static class AlertKeys
{
    private const string Routes = "alerts.routes[]";
    private const string Smtp = "alerts.smtp.";

    /// <summary>What an alert can tell of.</summary>
    public static readonly IReadOnlyList<string> Events = ["opened", "repair_failed", "approval_wanted", "escalated", "ended", "job_poisoned", "checksums_verified"];

    public static readonly IReadOnlyList<string> Sinks = ["log", "webhook", "slack", "alertmanager", "smtp"];

    public static readonly IReadOnlyList<ConfigList> Lists = [ConfigList.Of<HealingOptions, AlertRoute>(Routes, o => o.Alerts.Routes)];

    private static readonly ConfigType Address = new("empty, or a mail address like healing@example.org", text =>
        text.Length == 0 || (MailAddress.TryCreate(text, out var mail) && mail.Address == text && text.All(char.IsAscii)) ? text : throw new FormatException());

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Key("alerts.webhook", WebAddress, "", "Where alerts are posted as JSON.", (a, v) => a.Webhook = (string)v!) with { MayBeFile = true },
        Key("alerts.webhook_secret", Password, "", "Signs what is posted there (HMAC-SHA256), see docs/alerts.md.", (a, v) => a.WebhookSecret = (string)v!) with { MayBeFile = true },
        Key("alerts.slack", WebAddress, "", "An incoming webhook of Slack, or of what understands the same (Mattermost, Rocket.Chat).", (a, v) => a.Slack = (string)v!) with { MayBeFile = true },
        Key("alerts.alertmanager", WebAddress, "", "A Prometheus Alertmanager (its API v2 is used), like http://alertmanager:9093.", (a, v) => a.Alertmanager = (string)v!) with { MayBeFile = true },
        Key("alerts.resend", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)), "1m", "How often the Alertmanager is told again what is still open; after five times as long without a word it takes an alert for over.", (a, v) => a.Resend = (TimeSpan)v!),
        Key(Smtp + "host", Text, "", "The mail server that takes alerts.", (a, v) => a.Smtp.Host = (string)v!),
        Key(Smtp + "port", Number(1, 65535), "587", "Its port; 465 goes with security tls.", (a, v) => a.Smtp.Port = (int)v!),
        Key(Smtp + "security", Choice<SmtpSecurity>(), "starttls", "How the way there is secured; starttls refuses a server that does not offer it.", (a, v) => a.Smtp.Security = (SmtpSecurity)v!),
        Key(Smtp + "ca_file", ConfigType.Path, "", "Certificates (PEM) that are trusted instead of those of this machine.", (a, v) => a.Smtp.CaFile = (string)v!),
        Key(Smtp + "username", Text, "", "Who logs in there; empty is nobody.", (a, v) => a.Smtp.Username = (string)v!),
        Key(Smtp + "password", Password, "", "With which password.", (a, v) => a.Smtp.Password = (string)v!) with { MayBeFile = true },
        Key(Smtp + "from", Address, "", "The sender.", (a, v) => a.Smtp.From = (string)v!),
        Key(Smtp + "to[]", Address, "", "A recipient.", (a, v) => a.Smtp.To.Add((string)v!)),
        Key("alerts.link", WebPage, "", "Where people reach the dashboard; alerts then carry a link to their incident.", (a, v) => a.Link = (string)v!),
        Key("alerts.keep", Duration(TimeSpan.FromHours(1), TimeSpan.FromDays(90)), "7d", "How long an alert waits for a sink that is away, before it is given up with an audit row.", (a, v) => a.Keep = (TimeSpan)v!),
        Route("sink", OneOf(Sinks), null, "The sink that this route narrows. A sink with routes gets what any of them lets through; without one, every alert from warning up.", (r, v) => r.Sink = (string)v!),
        Route("severity", Choice<AlertSeverity>(), "warning", "The least that is told.", (r, v) => r.Severity = (AlertSeverity)v!),
        Route("targets[]", Text, "", "Only of this target; without one, of all.", (r, v) => r.Targets.Add((string)v!)),
        Route("events[]", OneOf(Events), "", "Only this event; without one, all.", (r, v) => r.Events.Add((string)v!)),
    ];

    private static ConfigType OneOf(IReadOnlyList<string> names) => new(string.Join(" or ", names), text => names.Contains(text, StringComparer.Ordinal) ? text : throw new FormatException());

    private static ConfigKey Key(string path, ConfigType type, string initial, string description, Action<AlertOptions, object?> bind) =>
        new(path, type, initial, description, (o, v) => bind(((HealingOptions)o).Alerts, v));

    private static ConfigKey Route(string key, ConfigType type, string? initial, string description, Action<AlertRoute, object?> bind) =>
        new($"{Routes}.{key}", type, initial, description, (r, v) => bind((AlertRoute)r, v));
}
