using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class ConfigRefusalTests
{
    [TestCase("wroker: { count: 3 }", "healing.yaml:1: there is no key `wroker`; did you mean `worker`?")]
    [TestCase("worker: { cuont: 3 }", "healing.yaml:1: there is no key `worker.cuont`; did you mean `worker.count`?")]
    [TestCase("impact: low", "healing.yaml:1: there is no key `impact`; did you mean `database.auto_healing.impact`?")]
    [TestCase("nonsense: [1, { a: 2 }]", "healing.yaml:1: there is no key `nonsense`")]
    [TestCase("mode: repair", "healing.yaml:1: `mode` takes observe or heal, not `repair`")]
    [TestCase("\n\nworker: { drain: 5x }", "healing.yaml:3: `worker.drain` takes a duration from 1s to 1d, like 30s, 10m, 12h, 1d or 1w, not `5x`")]
    [TestCase("worker: { count: 0 }", "healing.yaml:1: `worker.count` takes a number from 1 to 64, not `0`")]
    [TestCase("worker: 3", "healing.yaml:1: `worker` holds other keys; a value was not expected here")]
    [TestCase("scrub: { every: 1d }", "healing.yaml:1: `scrub` is not built yet (The full re-read of data files); take it out for now")]
    [TestCase("retention: { quarantine: 29d }", "healing.yaml:1: `retention.quarantine` takes a duration from 30d to 3650d, like 30s, 10m, 12h, 1d or 1w, not `29d`")]
    [TestCase("scrub:", "healing.yaml:1: `scrub` is not built yet (The full re-read of data files); take it out for now")]
    [TestCase("scrub: { every: 1d }", "healing.yaml:1: `scrub` is not built yet (The full re-read of data files); take it out for now")]
    [TestCase("http: { listen: nonsense }", "healing.yaml:1: `http.listen` takes an address and a port like 127.0.0.1:8080, not `nonsense`")]
    [TestCase("http: { listen: \"0.0.0.0:80\" }", "healing.yaml:1: `http.listen` is `0.0.0.0:80`: beyond loopback a login is required; set `http.users_file` (and `healing users add`), `http.tokens_file` or `http.trusted_proxy`, or listen on 127.0.0.1")]
    [TestCase("worker: { metrics_listen: \"0.0.0.0:80\" }", "healing.yaml:1: `worker.metrics_listen` is `0.0.0.0:80`: beyond loopback a token is required; set `http.tokens_file` (and `healing tokens create NAME --scope metrics`), or `http.metrics: open` to show the numbers to everybody")]
    [TestCase("http: { trusted_proxy: \"10.0.0.1, nonsense\" }", "healing.yaml:1: `http.trusted_proxy` takes addresses or networks like 10.0.0.5, 10.1.0.0/16, not `10.0.0.1, nonsense` (`nonsense` is none)")]
    [TestCase("http: { trusted_proxy: \"0.0.0.0/0\" }", "healing.yaml:1: `http.trusted_proxy` takes addresses or networks like 10.0.0.5, 10.1.0.0/16, not `0.0.0.0/0` (`0.0.0.0/0` is everybody)")]
    [TestCase("http: { certificate: x.pem }", "healing.yaml:1: `http.certificate` and `http.certificate_key` go together; one of them is missing")]
    [TestCase("targets: [{ connection: Host=x }]", "healing.yaml:1: `targets[0].name` is missing; every target needs one")]
    [TestCase("targets: [{ name: a }]", "healing.yaml:1: `targets[0].connection` is missing; it says how the database is reached")]
    [TestCase("targets: [{ name: a, connection: \"\" }]", "healing.yaml:1: `targets[0].connection` is empty; it says how the database is reached")]
    [TestCase("targets: [{ name: a b, connection: Host=x }]", "healing.yaml:1: `targets[0].name` takes letters, digits, `_`, `-` and `.`, 63 at most, not `a b`")]
    [TestCase("targets:\n- { name: a, connection: Host=x }\n- { name: a, connection: Host=y }", "healing.yaml:3: two targets are called `a`; the other is at healing.yaml:2")]
    [TestCase("targets: [{ name: a, connection: Host=x, policy: { lossless-online: perhaps } }]", "healing.yaml:1: `targets[0].policy.lossless-online` takes auto or window or approve or never, not `perhaps`")]
    [TestCase("targets: [{ name: a, connection: Host=x, policy: { lossless-onlin: auto } }]", "healing.yaml:1: there is no key `targets[].policy.lossless-onlin`; did you mean `targets[].policy.lossless-online`?")]
    [TestCase("targets: [{ name: a, connection: Host=x, maintenance_window: \"Son 02:00-04:00\" }]", "healing.yaml:1: `targets[0].maintenance_window` takes a window like \"Sun 02:00-04:00 Europe/Vienna\", or nothing, not `Son 02:00-04:00`")]
    [TestCase("targets: [{ name: a, connection: Host=x, maintenance_window: \"Sun 02:00-25:00\" }]", "healing.yaml:1: `targets[0].maintenance_window` takes a window like \"Sun 02:00-04:00 Europe/Vienna\", or nothing, not `Sun 02:00-25:00`")]
    [TestCase("targets: [{ name: a, connection: Host=x, maintenance_window: \"02:00-04:00 Europe/Wien\" }]", "healing.yaml:1: `targets[0].maintenance_window` takes a window like \"Sun 02:00-04:00 Europe/Vienna\", or nothing, not `02:00-04:00 Europe/Wien`")]
    [TestCase("targets: [{ name: a, connection: Host=x, maintenance_window: Sundays }]", "healing.yaml:1: `targets[0].maintenance_window` takes a window like \"Sun 02:00-04:00 Europe/Vienna\", or nothing, not `Sundays`")]
    [TestCase("- a", "healing.yaml:1: there is no key `[]`")]
    [TestCase("just text", "healing.yaml:1: keys with values were expected, as in `mode: observe`")]
    [TestCase("control: { connection_file: /nowhere/at/all }", "healing.yaml:1: `control.connection_file` names a file that cannot be read: Could not find file '/nowhere/at/all'.")]
    [TestCase("control: { connection: Host=x, connection_file: y }", "healing.yaml:1: `control.connection` and `control.connection_file` are both given; one of them was expected")]
    public void Is_refused_with_its_line(string yaml, string problem)
    {
        using var files = new ConfigFiles(yaml);
        Assert.That(files.Problems(), Is.EqualTo(new[] { problem }));
    }

    [Test]
    public void All_problems_come_at_once_in_the_order_of_their_lines()
    {
        using var files = new ConfigFiles("""
            mode: heall
            worker: { cuont: 3, drain: 5x }
            scrub: {}
            database:
              auto_healing: { health_check_interval: 7m }
            targets: [{ name: a, connection: "Hst=h" }]
            """);
        files.Environment["HEALING__WORKER__NONSENSE"] = "1";
        files.Overrides.AddRange(["worker.count=many", "without"]);
        var problems = files.Problems();
        Assert.Multiple(() =>
        {
            Assert.That(problems, Has.Length.EqualTo(9));
            Assert.That(problems.Where(p => p.StartsWith("healing.yaml", StringComparison.Ordinal)).Select(p => p.Split(':')[1]), Is.EqualTo(new[] { "1", "2", "2", "3", "5", "6" }));
            Assert.That(problems, Has.Some.StartsWith("environment HEALING__WORKER__NONSENSE: there is no key `worker.nonsense`"));
            Assert.That(problems, Has.Some.StartsWith("--set worker.count: `worker.count` takes a number from 1 to 64, not `many`"));
            Assert.That(problems, Has.Some.StartsWith("--set: KEY=VALUE was expected"));
        });
    }

    [TestCase("a: }", 1)]
    [TestCase("mode: heal\nmode: observe", 2)]
    public void What_is_no_yaml_is_refused_with_its_line(string yaml, int line)
    {
        using var files = new ConfigFiles(yaml);
        Assert.That(files.Problems().Single(), Does.StartWith($"healing.yaml:{line}: this is not YAML: "));
    }

    [Test]
    public void Yaml_that_the_library_trips_over_is_refused_too()
    {
        using var files = new ConfigFiles("a: [b\nc: 1");
        Assert.That(files.Problems().Single(), Does.Contain("this is not YAML"));
    }

    [Test]
    public void A_file_that_is_named_must_be_there()
    {
        using var files = new ConfigFiles();
        Assert.That(files.Problems("other.yaml"), Is.EqualTo(new[] { $"--config: there is no file {files.Directory}/other.yaml" }));
    }

    [Test]
    public void A_password_is_not_in_any_refusal()
    {
        using var files = new ConfigFiles("""
            control: { connection: "Host=x;Password=s3cr3t;Port=abc" }
            targets: [{ name: a, connection: "Nonsense s3cr3t;Password=s3cr3t" }, { name: b, connection: "Password=s3cr3t" }]
            alerts: { webhook: "s3cr3t" }
            """);
        var problems = files.Problems();
        Assert.Multiple(() =>
        {
            Assert.That(problems, Has.Length.EqualTo(4));
            Assert.That(problems, Has.None.Contains("s3cr3t"));
        });
    }
}
