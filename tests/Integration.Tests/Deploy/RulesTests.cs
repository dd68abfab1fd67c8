using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>The rules of Prometheus and the example of the Alertmanager, held by their own tools.</summary>
[TestFixture]
internal sealed partial class RulesTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string Rules = Clone.File("deploy/prometheus/rules/healing.yml");
    private static readonly string Tests = Clone.File("deploy/prometheus/tests/healing.yml");

    [Test]
    public async Task The_rules_pass_their_own_tests()
    {
        Monitoring.Require("/usr/bin/promtool", "prometheus");
        await RunAsync("promtool", "check", "rules", Rules);
        await RunAsync("promtool", "test", "rules", Tests);
    }

    [Test]
    public async Task Every_alert_is_tested_firing_and_silent_and_every_recording_read()
    {
        var (rules, tests) = (await File.ReadAllTextAsync(Rules), await File.ReadAllTextAsync(Tests));
        foreach (var alert in Alert().Matches(rules).Select(m => m.Groups[1].Value))
            Assert.That(Regex.IsMatch(tests, $@"alertname: {alert}\n\s+eval_time: \w+\n\s+exp_alerts:", RegexOptions.None, TimeSpan.FromSeconds(1)), $"{alert} is never seen firing");
        foreach (var record in Record().Matches(rules).Select(m => m.Groups[1].Value))
            Assert.That(tests, Does.Contain($"{record}\n").Or.Contain($"{record})\n"), record);
        Assert.That(Expression().Matches(rules).SelectMany(m => Monitoring.Strangers(m.Groups[1].Value)), Is.Empty);
    }

    [Test]
    public async Task What_amcheck_finds_is_critical_in_the_rules_as_in_the_code()
    {
        string[] checks = ["btree", "btree_parent", "checkunique", "gin", "heap"];
        var kinds = CheckCatalogue.All.Where(c => checks.Contains(c.Description.Name, StringComparer.Ordinal)).SelectMany(c => c.Description.Kinds).Select(k => k.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var named = string.Join('|', kinds);
        var rules = await File.ReadAllTextAsync(Rules);
        Assert.That(rules, Does.Contain($"healing_incidents_open{{kind=~\"{named}\"}}) > 0"));
        Assert.That(rules, Does.Contain($"kind!~\"target_unreachable|{named}\"}}) > 0"), "and nothing else is told twice");
    }

    [Test]
    public async Task The_example_of_the_Alertmanager_is_right()
    {
        Monitoring.Require("/usr/bin/amtool", "prometheus-alertmanager");
        var config = Clone.File("deploy/alertmanager/alertmanager.yml");
        await RunAsync("amtool", "check-config", config);
        Assert.That(await RunAsync("amtool", "config", "routes", "test", $"--config.file={config}", "severity=critical"), Does.EndWith("on-call"));
        Assert.That(await RunAsync("amtool", "config", "routes", "test", $"--config.file={config}", "severity=info"), Does.EndWith("nobody"));
        Assert.That(await RunAsync("amtool", "config", "routes", "test", $"--config.file={config}", "severity=warning"), Does.EndWith("team"));
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var process = ChildProcess.Start($"/usr/bin/{program}", arguments);
        var code = await process.WaitForExitAsync(Limit);
        var said = string.Join('\n', process.All);
        Assert.That(code, Is.Zero, said);
        return said.Trim();
    }

    [GeneratedRegex(@"- alert: (\w+)", RegexOptions.None, 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"- record: (\S+)", RegexOptions.None, 1000)]
    private static partial Regex Record();

    [GeneratedRegex(@"expr: (.+)", RegexOptions.None, 1000)]
    private static partial Regex Expression();
}
