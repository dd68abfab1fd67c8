using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

/// <summary>What must hold between the keys of the alerts: each refusal by its line.</summary>
[TestFixture]
public sealed class AlertRefusalTests
{
    private const string Targets = "targets: [{ name: movies, connection: Host=x }]\n";
    private const string Secret = "0123456789abcdef";

    [TestCase($"alerts: {{ webhook_secret: {Secret} }}", "`alerts.webhook_secret` signs what `alerts.webhook` is sent, which is not set")]
    [TestCase("alerts: { webhook: \"https://hooks.example.com/x\", webhook_secret: short }", "`alerts.webhook_secret` is shorter than 16 characters, which can be guessed; `openssl rand -hex 32` makes one")]
    [TestCase("alerts: { smtp: { from: a@example.com } }", "`alerts.smtp.from` is nothing without `alerts.smtp.host`")]
    [TestCase("alerts: { smtp: { host: mail, to: [b@example.com] } }", "`alerts.smtp.host` needs `alerts.smtp.from`, the sender")]
    [TestCase("alerts: { smtp: { host: mail, from: a@example.com } }", "`alerts.smtp.host` needs `alerts.smtp.to`, the recipients")]
    [TestCase("alerts: { smtp: { host: mail, from: a@example.com, to: [b@example.com], password: x } }", "`alerts.smtp.password` needs `alerts.smtp.username`")]
    [TestCase("alerts: { smtp: { host: mail, from: a@example.com, to: [b@example.com], username: u, password: x, security: none } }",
        "`alerts.smtp.security` is none: the password would go over the network in the clear; starttls or tls was expected")]
    [TestCase("alerts: { smtp: { host: mail, from: a@example.com, to: [b@example.com], ca_file: /nowhere.pem } }", "`alerts.smtp.ca_file` names /nowhere.pem, which is not there")]
    [TestCase("alerts: { routes: [{ severity: critical }] }", "`alerts.routes[0].sink` is missing; it says which sink is narrowed")]
    [TestCase("alerts: { routes: [{ sink: slack }] }", "`alerts.routes[0]` narrows the sink slack, which has no address")]
    [TestCase("alerts: { webhook: \"https://hooks.example.com/x\", routes: [{ sink: webhook, targets: [movies, books] }] }", "`alerts.routes[0]` names a target `books`, which there is not")]
    public void Is_refused_with_its_line(string yaml, string problem)
    {
        using var files = new ConfigFiles(Targets + yaml);
        Assert.That(files.Problems(), Is.EqualTo(new[] { $"healing.yaml:2: {problem}" }));
    }

    [TestCase("alerts: { smtp: { host: 127.0.0.1, from: a@example.com, to: [b@example.com], username: u, password: x, security: none } }")]
    [TestCase($"alerts: {{ webhook: \"https://hooks.example.com/x\", webhook_secret: {Secret}, routes: [{{ sink: webhook, targets: [movies] }}] }}")]
    public void Is_taken(string yaml)
    {
        using var files = new ConfigFiles(Targets + yaml);
        Assert.That(files.Load().Options.Alerts, Is.Not.Null);
    }
}
