using HealingWorkers.Jobs.Telemetry;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Telemetry;

[TestFixture]
public sealed class MetricCatalogueTests
{
    private static readonly string[] Labels = ["target", "check", "kind", "severity", "outcome", "standby"];

    [TestCase("db.corruption.events", "db_corruption_events_total")]
    [TestCase("db.repair.attempts", "db_repair_attempts_total")]
    [TestCase("db.repair.success_rate", "db_repair_success_rate")]
    [TestCase("db.health_check.duration", "db_health_check_duration_seconds")]
    [TestCase("healing.check.last_success", "healing_check_last_success_seconds")]
    [TestCase("healing.orphans.rows", "healing_orphans_rows")]
    [TestCase("healing.checksums.last_verified", "healing_checksums_last_verified_seconds")]
    [TestCase("healing.job.duration", "healing_job_duration_seconds")]
    [TestCase("healing.job.active", "healing_job_active")]
    [TestCase("healing.incidents.open", "healing_incidents_open")]
    [TestCase("healing.scrub.bytes", "healing_scrub_bytes_total")]
    [TestCase("healing.backup.age", "healing_backup_age_seconds")]
    [TestCase("healing.quarantine.rows", "healing_quarantine_rows")]
    public void Names_of_the_contract_translate_as_usual(string name, string prometheus) =>
        Assert.That(MetricCatalogue.All.Single(m => m.Name == name).PrometheusName, Is.EqualTo(prometheus));

    [Test]
    public void No_label_is_a_relation_or_an_id() =>
        Assert.That(MetricCatalogue.All.SelectMany(m => m.Labels).Distinct(StringComparer.Ordinal), Is.SubsetOf(Labels));

    [Test]
    public void Names_are_unique() =>
        Assert.That(MetricCatalogue.All.Select(m => m.PrometheusName), Is.Unique);

    [Test]
    public void The_page_in_docs_is_current() =>
        Assert.That(File.ReadAllText(Path.Combine(Root(), "docs", "metrics.md")), Is.EqualTo(MetricsPage.Render()), "healing metrics --docs > docs/metrics.md");

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "HealingWorkers.sln")))
            at = at.Parent ?? throw new InvalidOperationException("no solution above the tests");
        return at.FullName;
    }
}
