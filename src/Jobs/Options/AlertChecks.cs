using System.Net;

namespace HealingWorkers.Jobs.Options;

/// <summary>What must hold between the keys of the alerts.</summary>
internal sealed class AlertChecks(IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems, string directory)
{
    private const int ShortestSecret = 16;

    public void Check(HealingOptions options)
    {
        var alerts = options.Alerts;
        if (alerts.WebhookSecret.Length > 0 && alerts.Webhook.Length == 0)
        {
            Add("alerts.webhook_secret", "signs what `alerts.webhook` is sent, which is not set");
        }
        else if (alerts.WebhookSecret.Length is > 0 and < ShortestSecret)
        {
            Add("alerts.webhook_secret", $"is shorter than {ShortestSecret} characters, which can be guessed; `openssl rand -hex 32` makes one");
        }
        Smtp(alerts.Smtp);
        foreach (var (index, route) in entries.Keys.Where(p => p.StartsWith("alerts.routes[", StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[0]).Distinct().Order().Zip(alerts.Routes))
        {
            Route($"alerts.routes[{index}]", route, options);
        }
    }

    private void Smtp(SmtpOptions smtp)
    {
        if (smtp.Host.Length == 0)
        {
            if (entries.Keys.FirstOrDefault(k => k.StartsWith("alerts.smtp.", StringComparison.Ordinal) && k != "alerts.smtp.host") is { } alone)
            {
                Add(alone, "is nothing without `alerts.smtp.host`");
            }
            return;
        }
        if (smtp.From.Length == 0)
        {
            Add("alerts.smtp.host", "needs `alerts.smtp.from`, the sender");
        }
        if (!smtp.To.Any(t => t.Length > 0))
        {
            Add("alerts.smtp.host", "needs `alerts.smtp.to`, the recipients");
        }
        if (smtp.Password.Length > 0 && smtp.Username.Length == 0)
        {
            Add("alerts.smtp.password", "needs `alerts.smtp.username`");
        }
        if (smtp is { Security: SmtpSecurity.None, Password.Length: > 0 } && !IsLoopback(smtp.Host))
        {
            Add("alerts.smtp.security", "is none: the password would go over the network in the clear; starttls or tls was expected");
        }
        if (smtp.CaFile.Length > 0)
        {
            smtp.CaFile = Path.GetFullPath(smtp.CaFile, directory);
            if (!File.Exists(smtp.CaFile))
            {
                Add("alerts.smtp.ca_file", $"names {smtp.CaFile}, which is not there");
            }
        }
    }

    private void Route(string place, AlertRoute route, HealingOptions options)
    {
        if (route.Sink.Length == 0)
        {
            problems.Add(SourceOf(place), $"`{place}.sink` is missing; it says which sink is narrowed");
        }
        else if (!AlertSinkNames.Of(options.Alerts).Contains(route.Sink, StringComparer.Ordinal))
        {
            problems.Add(SourceOf(place), $"`{place}` narrows the sink {route.Sink}, which has no address");
        }
        foreach (var target in route.Targets.Where(t => !options.Targets.Any(o => o.Name == t)))
        {
            problems.Add(SourceOf(place), $"`{place}` names a target `{target}`, which there is not");
        }
    }

    private void Add(string key, string what) => problems.Add(SourceOf(key), $"`{key}` {what}");

    private string SourceOf(string path) => entries.GetValueOrDefault(path)?.Source
        ?? entries.Values.Where(e => e.Path.StartsWith(path, StringComparison.Ordinal)).Select(e => e.Source).FirstOrDefault("default");

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
