using System.Text.Json;
using HealingWorkers.Jobs.Tests.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Commands;

[TestFixture]
public sealed class CommandLineTests
{
    [TestCase("nonsense")]
    [TestCase("config")]
    [TestCase("up", "--once")]
    [TestCase("up", "--demo", "--connection", "Host=x")]
    [TestCase("config", "check", "--format", "xml")]
    [TestCase("--log-level", "loud", "config", "check")]
    public async Task Misuse_is_an_error_with_a_hint(params string[] args)
    {
        var (code, output, error) = await Shells.RunAsync(args);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(output, Is.Empty);
            Assert.That(error, Does.Match(@"\Aerror: [^\n]+\n(  [^\n]*\n)*HINT: [^\n]+\n\z"));
        });
    }

    [Test]
    public async Task A_bad_configuration_is_an_error_with_a_hint()
    {
        using var files = new ConfigFiles("mode: nonsense");
        var (code, _, error) = await Shells.RunAsync(["config", "check"], directory: files.Directory);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error, Does.StartWith("error: the configuration is not right\n  healing.yaml:1: `mode`").And.Contain("\nHINT: "));
        });
    }

    [Test]
    public async Task Config_check_shows_values_and_sources_and_no_secret([Values("table", "json")] string format)
    {
        using var files = new ConfigFiles("""
            control: { connection: "Host=x;Password=s3cr3t" }
            targets: [{ name: a, connection: "Host=y;Password=s3cr3t", connections: { check: "Host=z;Pwd=s3cr3t" } }]
            alerts: { webhook: "https://hooks.example/s3cr3t" }
            """);
        var (code, output, _) = await Shells.RunAsync(["config", "check", "--format", format], directory: files.Directory);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero);
            Assert.That(output, Does.Not.Contain("s3cr3t").And.Contain("healing.yaml:2").And.Contain("targets[0].connections.check").And.Contain("https://hooks.example/***"));
            if (format == "json")
            {
                using var json = JsonDocument.Parse(output);
                Assert.That(json.RootElement.EnumerateArray().First().GetProperty("source").GetString(), Is.EqualTo("default"));
            }
        });
    }
}
