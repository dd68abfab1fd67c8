using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;
using YamlDotNet.RepresentationModel;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>docker-compose.yml as docker-compose itself understands it.</summary>
[TestFixture]
internal sealed class ComposeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private YamlMappingNode _services = null!;

    [OneTimeSetUp]
    public async Task ReadAsync()
    {
        Monitoring.Require("/usr/bin/docker-compose", "docker-compose");
        await using var compose = ChildProcess.Start("/usr/bin/docker-compose", ["-f", Clone.File("docker-compose.yml"), "config"]);
        Assert.That(await compose.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', compose.Error));
        var yaml = new YamlStream();
        yaml.Load(new StringReader(string.Join('\n', compose.Output)));
        _services = (YamlMappingNode)yaml.Documents[0].RootNode["services"];
    }

    [Test]
    public void Everything_is_there_and_hardened()
    {
        Assert.That(_services.Children.Keys.Select(k => k.ToString()).Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            "alertmanager", "control", "dashboard", "first-start", "grafana", "movies", "movies-standby", "prometheus", "worker",
        }));
        Assert.Multiple(() =>
        {
            foreach (var (name, service) in _services.Children)
            {
                Assert.That(service["read_only"].ToString(), Is.EqualTo("true"), $"{name}");
                Assert.That(service["cap_drop"][0].ToString(), Is.EqualTo("ALL"), $"{name}");
                Assert.That(service["security_opt"][0].ToString(), Is.EqualTo("no-new-privileges:true"), $"{name}");
                Assert.That(((YamlMappingNode)service).Children.Keys.Select(k => k.ToString()), Is.SupersetOf(new[] { "mem_limit", "cpus", "pids_limit" }), $"{name}");
                if (name.ToString() is not ("first-start" or "worker" or "dashboard"))
                    Assert.That(service["healthcheck"]["test"][0].ToString(), Is.EqualTo("CMD"), $"{name}");
                if (((YamlMappingNode)service).Children.TryGetValue("ports", out var ports))
                    Assert.That(((YamlSequenceNode)ports).Select(p => p.ToString()), Has.All.StartsWith("127.0.0.1:"), $"{name}");
            }
        });
        Assert.That(_services["worker"]["scale"].ToString(), Is.EqualTo("3"));
    }

    [Test]
    public async Task A_stop_is_given_longer_than_the_longest_drain_and_no_secret_is_in_the_files()
    {
        var directory = Directory.CreateTempSubdirectory("healing-secrets");
        await using (var make = ChildProcess.Start(Clone.File("deploy/scripts/container-secrets.sh"), [directory.FullName]))
            Assert.That(await make.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', make.All));
        Assert.That(directory.UnixFileMode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        var config = Path.Combine(directory.FullName, "healing.yaml");
        await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(Clone.File("deploy/containers/healing.yaml"))).Replace("/run/secrets", directory.FullName, StringComparison.Ordinal));
        var options = OptionsLoader.Load(new OptionsSources { Directory = directory.FullName, File = config, Environment = new Dictionary<string, string>(StringComparer.Ordinal), Overrides = [] }).Options;
        var grace = _services["worker"]["stop_grace_period"].ToString();
        Assert.That(Durations.TryParse(grace == "1m30s" ? "90s" : grace, out var given) ? given : TimeSpan.Zero, Is.GreaterThan(options.Worker.Drain + TimeSpan.FromSeconds(15)));
        Assert.That(options.Control.Connection, Does.Contain("Password="));
        foreach (var file in directory.GetFiles().Where(f => f.Name.EndsWith("_password", StringComparison.Ordinal)))
            Assert.That((await File.ReadAllTextAsync(file.FullName)).Trim(), Has.Length.EqualTo(48), file.Name);
        Assert.That(_services.Children.Select(s => s.Value.ToString()), Has.None.Contains("PASSWORD:"));
        directory.Delete(recursive: true);
    }

    [Test]
    public async Task Prometheus_understands_its_configuration()
    {
        Monitoring.Require("/usr/bin/promtool", "prometheus");
        await using var check = ChildProcess.Start("/usr/bin/promtool", ["check", "config", "--syntax-only", Clone.File("deploy/prometheus/prometheus.yml")]);
        Assert.That(await check.WaitForExitAsync(Limit), Is.Zero, string.Join('\n', check.All));
        Assert.That(_services["worker"]["environment"]["HEALING__WORKER__METRICS_LISTEN"].ToString(), Is.EqualTo("0.0.0.0:9464"), "where the configuration looks for workers");
        Assert.That(_services["prometheus"]["volumes"].ToString(), Does.Contain("/metrics-token").And.Contain("/etc/prometheus/rules"));
    }

    [Test]
    public void Every_file_that_is_mounted_is_there()
    {
        var mounted = _services.Children.SelectMany(s => ((YamlMappingNode)s.Value).Children.TryGetValue("volumes", out var volumes) ? ((YamlSequenceNode)volumes).Select(v => v.ToString()) : [])
            .Select(v => v.Split(':')[0]).Where(v => v.StartsWith('/')).ToList();
        Assert.That(mounted, Has.Count.GreaterThan(5));
        Assert.That(mounted.Where(m => !Path.Exists(m)), Is.Empty);
        Assert.That(string.Create(CultureInfo.InvariantCulture, $"{_services["dashboard"]["build"]["dockerfile"]}"), Is.EqualTo("deploy/Dockerfile"));
    }
}
