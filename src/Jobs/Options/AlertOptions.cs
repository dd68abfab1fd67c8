namespace HealingWorkers.Jobs.Options;

/// <summary>Whom alerts are told to. A sink without its address is none.</summary>
public sealed class AlertOptions
{
    public string Webhook { get; set; } = "";
    /// <summary>Signs what the webhook is sent; empty leaves it unsigned.</summary>
    public string WebhookSecret { get; set; } = "";
    public string Slack { get; set; } = "";
    public string Alertmanager { get; set; } = "";
    /// <summary>How often the Alertmanager is told again what is still open.</summary>
    public TimeSpan Resend { get; set; } = TimeSpan.FromMinutes(1);
    public SmtpOptions Smtp { get; set; } = new();
    /// <summary>Where people reach the dashboard; alerts then carry a link.</summary>
    public string Link { get; set; } = "";
    /// <summary>How long an alert waits for a sink that is away.</summary>
    public TimeSpan Keep { get; set; } = TimeSpan.FromDays(7);
    public IList<AlertRoute> Routes { get; set; } = [];
}

public sealed class SmtpOptions
{
    public string Host { get; set; } = "";
    public int Port { get; set; } = 587;
    public SmtpSecurity Security { get; set; } = SmtpSecurity.Starttls;
    /// <summary>Certificates to trust besides those of the machine.</summary>
    public string CaFile { get; set; } = "";
    public string Username { get; set; } = "";
    public string Password { get; set; } = "";
    public string From { get; set; } = "";
    public IList<string> To { get; set; } = [];
}

public enum SmtpSecurity { Starttls, Tls, None }

public enum AlertSeverity { Info, Warning, Critical }

/// <summary>Narrows a sink; with several of them it gets what any lets through, without one every warning.</summary>
public sealed class AlertRoute
{
    public string Sink { get; set; } = "";
    /// <summary>The least that is told.</summary>
    public AlertSeverity Severity { get; set; } = AlertSeverity.Warning;
    /// <summary>Empty: all.</summary>
    public IList<string> Targets { get; set; } = [];
    /// <summary>Empty: all.</summary>
    public IList<string> Events { get; set; } = [];
}
