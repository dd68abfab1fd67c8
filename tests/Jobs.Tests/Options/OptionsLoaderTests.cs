using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class OptionsLoaderTests
{
    [Test]
    public void Nothing_configured_is_the_defaults()
    {
        using var files = new ConfigFiles();
        var options = files.Load().Options;
        Assert.Multiple(() =>
        {
            Assert.That(options.StateDirectory, Is.EqualTo(Path.Combine(files.Directory, ".healing")));
            Assert.That(options.Mode, Is.EqualTo(HealingMode.Heal));
            Assert.That(options.Worker.Count, Is.EqualTo(3));
            Assert.That(options.Worker.Drain, Is.EqualTo(TimeSpan.FromSeconds(30)));
            Assert.That(options.Control.MigrationRevision, Is.Null);
            Assert.That(options.Retention.Snapshots, Is.EqualTo(TimeSpan.FromDays(14)));
            Assert.That(options.Targets, Is.Empty);
        });
    }

    [Test]
    public void Under_root_the_state_is_where_the_servers_user_reaches_it()
    {
        using var files = new ConfigFiles { IsRoot = true };
        Assert.That(files.Load().Options.StateDirectory, Is.EqualTo("/var/lib/healing"));
    }

    [Test]
    public void Every_key_of_a_target_is_bound()
    {
        using var files = new ConfigFiles("""
            mode: observe
            database: { auto_healing: { enabled: false, health_check_interval: 15m, max_auto_repair_attempts: 5, impact: high } }
            targets:
              - name: movies
                connection: "Host=db1,db2;Database=movies"
                mode: heal
                connections: { check: "Host=db1;Username=c", repair: "Host=db1;Username=r" }
                data_directory: /pg
                maintenance_window: "Sun 02:00-04:00 Europe/Vienna"
                critical_indexes: [movies_pkey, movies_title_idx]
                policy: { lossless-locking: never, quarantining: approve }
                demonstration: true
              - { name: other, connection: "Host=x" }
            """);
        var options = files.Load().Options;
        Assert.Multiple(() =>
        {
            Assert.That(options.Mode, Is.EqualTo(HealingMode.Observe));
            Assert.That(options.AutoHealing.Enabled, Is.False);
            Assert.That(options.AutoHealing.HealthCheckInterval, Is.EqualTo("15m"));
            Assert.That(options.AutoHealing.MaxAutoRepairAttempts, Is.EqualTo(5));
            Assert.That(options.AutoHealing.Impact, Is.EqualTo(Impact.High));
            Assert.That(options.Targets, Has.Count.EqualTo(2));
            var target = options.Targets[0];
            Assert.That(target.Connections.Check, Is.EqualTo("Host=db1;Username=c"));
            Assert.That(target.Mode, Is.EqualTo(HealingMode.Heal));
            Assert.That(target.CriticalIndexes, Is.EqualTo(new[] { "movies_pkey", "movies_title_idx" }));
            Assert.That(target.Policy, Is.EquivalentTo(new Dictionary<string, RepairPolicy> { ["lossless-locking"] = RepairPolicy.Never, ["quarantining"] = RepairPolicy.Approve }));
            Assert.That(target.Demonstration, Is.True);
            Assert.That(options.Targets[1].Mode, Is.Null);
        });
    }

    [Test]
    public void The_command_line_beats_the_environment_beats_the_file()
    {
        using var files = new ConfigFiles("worker: { count: 1, concurrency: 1, drain: 1s }");
        files.Environment["HEALING__WORKER__COUNT"] = "2";
        files.Environment["HEALING__WORKER__CONCURRENCY"] = "2";
        files.Overrides.Add("worker.count=5");
        var loaded = files.Load();
        Assert.Multiple(() =>
        {
            Assert.That(loaded.Options.Worker.Count, Is.EqualTo(5));
            Assert.That(loaded.Options.Worker.Concurrency, Is.EqualTo(2));
            Assert.That(loaded.Options.Worker.Drain, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(Source(loaded, "worker.count"), Is.EqualTo("--set worker.count"));
            Assert.That(Source(loaded, "worker.concurrency"), Is.EqualTo("environment HEALING__WORKER__CONCURRENCY"));
            Assert.That(Source(loaded, "worker.drain"), Is.EqualTo("healing.yaml:1"));
            Assert.That(Source(loaded, "mode"), Is.EqualTo("default"));
        });
    }

    [Test]
    public void The_environment_adds_a_target_and_spells_the_hyphen_of_a_risk_class()
    {
        using var files = new ConfigFiles();
        files.Environment["HEALING__TARGETS__0__NAME"] = "a";
        files.Environment["HEALING__TARGETS__0__CONNECTION"] = "Host=x";
        files.Environment["HEALING__TARGETS__0__POLICY__LOSSLESS_LOCKING"] = "never";
        files.Environment["HEALING__TARGETS__0__CRITICAL_INDEXES__0"] = "a_pkey";
        var target = files.Load().Options.Targets.Single();
        Assert.Multiple(() =>
        {
            Assert.That(target.Policy["lossless-locking"], Is.EqualTo(RepairPolicy.Never));
            Assert.That(target.CriticalIndexes, Is.EqualTo(new[] { "a_pkey" }));
        });
    }

    [Test]
    public void A_secret_comes_from_a_file()
    {
        using var files = new ConfigFiles("targets: [{ name: a, connection_file: secret.txt }]\nalerts: { webhook_file: hook.txt }");
        files.Write("secret.txt", "Host=x;Password=hidden\n");
        files.Write("hook.txt", "https://hooks.example/abc\n");
        var loaded = files.Load();
        Assert.Multiple(() =>
        {
            Assert.That(loaded.Options.Targets[0].Connection, Is.EqualTo("Host=x;Password=hidden"));
            Assert.That(loaded.Options.Alerts.Webhook, Is.EqualTo("https://hooks.example/abc"));
            Assert.That(Source(loaded, "targets[0].connection"), Is.EqualTo("healing.yaml:1 (secret.txt)"));
            Assert.That(loaded.Values.Select(v => v.Shown), Has.None.Contains("hidden").And.None.Contains("abc"));
        });
    }

    [Test]
    public void Anchors_and_empty_sections_are_fine()
    {
        using var files = new ConfigFiles("worker:\nmode: ~\ntargets:\n  - &one { name: a, connection: Host=x }\n  - { name: b, connection: Host=y, critical_indexes: [] }\n");
        Assert.That(files.Load().Options.Targets, Has.Count.EqualTo(2));
    }

    private static string Source(LoadedOptions loaded, string path) => loaded.Values.Single(v => v.Path == path).Source;
}
