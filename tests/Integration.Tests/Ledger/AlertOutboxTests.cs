using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

public sealed class AlertOutboxTests
{
    private static readonly NewAlert Alert = new("escalated:1", "webhook", null, "escalated", "critical", "{\"text\": \"help\"}");
    private FreshLedger _ledger = null!;
    private AlertOutbox _outbox = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ledger = await FreshLedger.CreateAsync();
        _outbox = new AlertOutbox(_ledger.Db);
    }

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task An_alert_is_queued_once_a_sink_and_taken_by_one_sender()
    {
        var queued = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _outbox.QueueAsync(Alert, default))));
        Assert.That(queued.Count(q => q), Is.EqualTo(1));
        Assert.That(await _outbox.QueueAsync(Alert with { Sink = "log" }, default), Is.True);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _outbox.TakeDueAsync(10, default))));
        Assert.That(taken.SelectMany(t => t).Select(a => a.Sink).Order(), Is.EqualTo(new[] { "log", "webhook" }));
        var one = taken.SelectMany(t => t).Single(a => a.Sink == "webhook");
        Assert.That((one.Key, one.Event, one.Severity, one.Payload, one.Tries), Is.EqualTo(("escalated:1", "escalated", "critical", "{\"text\": \"help\"}", 1)));
    }

    [Test]
    public async Task Delivered_it_is_neither_sent_nor_queued_again()
    {
        await _outbox.QueueAsync(Alert, default);
        await _outbox.DeliveredAsync((await _outbox.TakeDueAsync(1, default)).Single().Id, default);
        await ComeDueAsync();
        Assert.That(await _outbox.TakeDueAsync(1, default), Is.Empty);
        Assert.That(await _outbox.QueueAsync(Alert, default), Is.False);
    }

    [Test]
    public async Task In_a_callers_transaction_it_goes_with_it()
    {
        try
        {
            await _ledger.Db.InTransactionAsync<int>(async (_, transaction) =>
            {
                Assert.That(await _outbox.QueueAsync(Alert, default, transaction), Is.True);
                throw new InvalidOperationException("rolled back");
            }, default);
        }
        catch (InvalidOperationException)
        {
            // as meant
        }
        Assert.That(await _outbox.TakeDueAsync(1, default), Is.Empty);
    }

    [Test]
    public async Task A_senders_death_brings_it_back_and_failures_end_in_an_audit_row()
    {
        await _outbox.QueueAsync(Alert, default);
        for (var attempt = 1; attempt <= AlertOutbox.MostTries; attempt++)
        {
            var taken = (await _outbox.TakeDueAsync(1, default)).Single();
            Assert.That(taken.Tries, Is.EqualTo(attempt));
            Assert.That(await _outbox.TakeDueAsync(1, default), Is.Empty, "being sent");
            if (attempt != 2) // at the second try the sender dies
                Assert.That(await _outbox.FailedAsync(taken.Id, "503", "worker-1", default), Is.EqualTo(attempt == AlertOutbox.MostTries));
            Assert.That(await _ledger.ScalarAsync<double>("SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM healing.alerts"), Is.InRange(attempt == 1 ? 5 : 15, 900));
            await ComeDueAsync();
        }
        Assert.That(await _outbox.TakeDueAsync(1, default), Is.Empty);
        Assert.That(await _ledger.ScalarAsync<string>("SELECT message FROM healing.audit_log WHERE event_type = 'alert.given_up'"), Does.Contain("escalated:1").And.Contain("503"));
        Assert.That(await _outbox.FailedAsync(4711, "x", "worker-1", default), Is.False);
    }

    private Task ComeDueAsync() => _ledger.ExecuteAsync("UPDATE healing.alerts SET due_at = clock_timestamp()");
}
