using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Jobs.Telemetry;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class PrometheusTextTests
{
    [Test]
    public void Labels_are_escaped()
    {
        var text = PrometheusText.Render([new MetricFamily(MetricCatalogue.RepairSuccessRate, [new Sample("", [new("target", "a\"b\\c\nd")], 0.5)])]);
        Assert.That(text, Does.EndWith("\n# TYPE db_repair_success_rate gauge\ndb_repair_success_rate{target=\"a\\\"b\\\\c\\nd\"} 0.5\n"));
    }

    [Test]
    public void A_process_adds_up_what_its_jobs_say()
    {
        using var metrics = new RuntimeMetrics();
        JobSignals.Started("db.test_job");
        JobSignals.Started("db.test_job");
        JobSignals.Ended("db.test_job", "movies", "succeeded", TimeSpan.FromSeconds(0.07));
        JobSignals.Started("db.test_job");
        JobSignals.Ended("db.test_job", "movies", "succeeded", TimeSpan.FromSeconds(5000));

        var text = PrometheusText.Render(metrics.Read());

        const string labels = "kind=\"db.test_job\",target=\"movies\",outcome=\"succeeded\"";
        Assert.That(text, Does.Contain("healing_job_active{kind=\"db.test_job\"} 1\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_bucket{{{labels},le=\"0.05\"}} 0\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_bucket{{{labels},le=\"0.1\"}} 1\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_bucket{{{labels},le=\"3600\"}} 1\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 2\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_sum{{{labels}}} 5000.07\n"));
        Assert.That(text, Does.Contain($"healing_job_duration_seconds_count{{{labels}}} 2\n"));
    }

    [Test]
    public void What_is_observed_is_shown_as_it_is_and_not_added_up()
    {
        var value = 7.0;
        using var meter = new System.Diagnostics.Metrics.Meter(Signals.Name);
        meter.CreateObservableGauge(MetricCatalogue.Observation.Name, () => new System.Diagnostics.Metrics.Measurement<double>(value, new("target", "movies"), new("check", "c"), new("kind", "k")));
        using var metrics = new RuntimeMetrics();
        metrics.Read();
        value = 5;
        Assert.That(PrometheusText.Render(metrics.Read()), Does.Contain("healing_observation{target=\"movies\",check=\"c\",kind=\"k\"} 5\n"));
    }

    [Test]
    public void However_many_series_come_their_number_is_bounded()
    {
        using var metrics = new RuntimeMetrics();
        for (var i = 0; i < 2000; i++)
            JobSignals.Started($"job{i}");
        var active = metrics.Read().Single(f => f.Metric == MetricCatalogue.JobActive);
        Assert.That(active.Samples, Has.Count.EqualTo(500));
    }
}
