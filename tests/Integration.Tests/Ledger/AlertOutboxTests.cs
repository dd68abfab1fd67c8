using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

public sealed class AlertOutboxTests
{
    private static readonly NewAlert Alert = new("escalated:1", "webhook", null, "escalated", "critical", "{\"text\": \"help\"}");
    private FreshLedger _ledger = null!;
    private AlertOutbox _outbox = null!;
    private AlertSinkLedger _sinks = null!;

    [SetUp]
    public async Task SetUp()
    {
        _ledger = await FreshLedger.CreateAsync();
        (_outbox, _sinks) = (new AlertOutbox(_ledger.Db), new AlertSinkLedger(_ledger.Db));
    }

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task An_alert_is_queued_once_a_sink_and_a_sink_has_one_sender()
    {
        var queued = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _outbox.QueueAsync(Alert, default))));
        Assert.That(queued.Count(q => q), Is.EqualTo(1));
        Assert.That(await _outbox.QueueAsync(Alert with { Sink = "log" }, default), Is.True);
        var held = await Task.WhenAll(Enumerable.Range(0, 6).Select(w => Task.Run(() => _sinks.HoldAsync("webhook", $"w{w}", TimeSpan.FromMinutes(1), default))));
        Assert.That(held.Count(h => h is not null), Is.EqualTo(1));
        Assert.That(await _sinks.DueAsync(["log", "webhook", "slack"], [], TimeSpan.FromMinutes(1), default), Is.EqualTo(new[] { "log" }), "the other one is being sent to");
        var one = (await _outbox.DueAsync("webhook", 10, default)).Single();
        Assert.That((one.Key, one.Event, one.Severity, one.Payload, one.Tries), Is.EqualTo(("escalated:1", "escalated", "critical", "{\"text\": \"help\"}", 0)));
    }

    [Test]
    public async Task Delivered_it_is_neither_sent_nor_queued_again()
    {
        await _outbox.QueueAsync(Alert, default);
        await _outbox.DeliveredAsync((await _outbox.DueAsync("webhook", 1, default)).Single().Id, default);
        await _ledger.ExecuteAsync("UPDATE healing.alerts SET due_at = clock_timestamp()");
        Assert.That(await _outbox.DueAsync("webhook", 1, default), Is.Empty);
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
        Assert.That(await _outbox.DueAsync("webhook", 1, default), Is.Empty);
    }

    [Test]
    public async Task A_senders_death_frees_its_sink_and_a_failure_makes_it_wait()
    {
        Assert.That(await _sinks.HoldAsync("webhook", "dies", TimeSpan.Zero, default), Is.True, "nothing was told yet");
        Assert.That(await _sinks.HoldAsync("webhook", "next", TimeSpan.Zero, default), Is.Null);
        await _ledger.ExecuteAsync("UPDATE healing.alert_sinks SET held_until = clock_timestamp()");
        Assert.That(await _sinks.HoldAsync("webhook", "next", TimeSpan.Zero, default), Is.Not.Null);
        await _sinks.WorkedAsync("webhook", "dies", sent: true, toldAll: true, default);
        Assert.That(await _sinks.HoldAsync("webhook", "third", TimeSpan.Zero, default), Is.Null, "a sender who was given up frees nothing");
        Assert.That(await _sinks.AwayAsync("webhook", "next", "503", null, default), Is.EqualTo(1));
        Assert.That(await _sinks.HoldAsync("webhook", "third", TimeSpan.Zero, default), Is.Null, "it is left alone for a while");
        Assert.That((await _sinks.StatesAsync(["webhook", "log"], default)).Select(s => (s.Sink, s.Failures, s.LastError)), Is.EqualTo(new[] { ("webhook", 1, "503"), ("log", 0, null) }));
    }
}
