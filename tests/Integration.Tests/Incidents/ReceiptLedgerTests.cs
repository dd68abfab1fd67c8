using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Incidents;

public sealed class ReceiptLedgerTests
{
    private Damaged _at = null!;
    private ReceiptLedger _receipts = null!;
    private Lease _lease = null!;
    private long _incident;

    [SetUp]
    public async Task SetUp()
    {
        _at = await Damaged.CreateAsync();
        _receipts = new ReceiptLedger(_at.Ledger.Db);
        _lease = await _at.LeaseAsync();
        _incident = (await _at.OpenAsync()).Id;
    }

    [TearDown]
    public async Task TearDown() => await _at.DisposeAsync();

    [Test]
    public async Task Appended_by_many_at_once_the_chain_has_no_fork()
    {
        Assert.That(await _receipts.HeadAsync(default), Is.Null);
        await Task.WhenAll(Enumerable.Range(1, 12).Select(i => Task.Run(() => AppendAsync(i))));
        Assert.That(await _receipts.VerifyAsync(default), Is.Null);
        var links = await _receipts.OfIncidentAsync(_incident, default);
        Assert.That(links.Select(l => l.Seq), Is.EqualTo(Enumerable.Range(1, 12).Select(i => (long)i)));
        Assert.That(links[0].PreviousHash, Is.EqualTo(Receipt.Origin));
        Assert.That((await _receipts.HeadAsync(default))!.Hash, Is.EqualTo(links[^1].Hash));
    }

    [Test]
    public async Task An_attempt_has_one_receipt_asked_for_twice_or_not()
    {
        var first = await AppendAsync(1);
        Assert.That(await AppendAsync(1), Is.EqualTo(first));
        Assert.That(await _receipts.FindAsync(_incident, 1, default), Is.EqualTo(first));
        Assert.That(await _receipts.FindAsync(_incident, 2, default), Is.Null);
    }

    [Test]
    public async Task A_stale_fence_appends_nothing()
    {
        await _at.Leases.ReleaseAsync(_lease, default);
        Assert.That(async () => await AppendAsync(1), Throws.TypeOf<FencedException>());
        Assert.That(await _receipts.HeadAsync(default), Is.Null);
    }

    [TestCase("UPDATE healing.receipts SET body = '{}' WHERE seq = 2", 2)]
    [TestCase("UPDATE healing.receipts SET at = at + interval '1 microsecond' WHERE seq = 2", 2)]
    [TestCase("UPDATE healing.receipts SET attempt = 99 WHERE seq = 3", 3)]
    [TestCase("UPDATE healing.receipts SET hash = previous_hash WHERE seq = 1", 1)]
    [TestCase("UPDATE healing.receipts SET previous_hash = hash WHERE seq = 2", 2)]
    [TestCase("DELETE FROM healing.receipts WHERE seq = 1", 1)]
    [TestCase("DELETE FROM healing.receipts WHERE seq = 2", 2)]
    public async Task Any_change_is_found_where_it_is(string tampering, long broken)
    {
        await ThreeAsync();
        await TamperAsync(tampering);
        Assert.That((await _receipts.VerifyAsync(default))!.Seq, Is.EqualTo(broken));
    }

    [Test]
    public async Task A_chain_cut_off_or_written_anew_is_found_by_a_head_that_went_out()
    {
        await ThreeAsync();
        var head = await _receipts.HeadAsync(default);
        Assert.That(await _receipts.VerifyAsync(default, head), Is.Null);
        await TamperAsync("DELETE FROM healing.receipts WHERE seq = 3");
        Assert.That(await _receipts.VerifyAsync(default), Is.Null, "the chain alone cannot tell");
        Assert.That((await _receipts.VerifyAsync(default, head))!.Why, Does.Contain("cut off"));
        await _receipts.AppendAsync(_incident, 3, "{\"another\": true}", _lease.Fence, default);
        Assert.That((await _receipts.VerifyAsync(default, head))!.Why, Does.Contain("rewritten"));
    }

    [TestCase("UPDATE healing.receipts SET body = '{}'")]
    [TestCase("DELETE FROM healing.receipts")]
    [TestCase("TRUNCATE healing.receipts")]
    [TestCase("DELETE FROM healing.audit_log")]
    [TestCase("UPDATE healing.audit_log SET actor = 'nobody'")]
    public async Task A_slip_of_hand_changes_nothing(string slip)
    {
        await ThreeAsync();
        Assert.That(async () => await _at.Ledger.ExecuteAsync(slip), Throws.TypeOf<Npgsql.PostgresException>().With.Message.Contains("append-only"));
    }

    private Task<Receipt> AppendAsync(int attempt) => _receipts.AppendAsync(_incident, attempt, $"{{\"attempt\": {attempt}}}", _lease.Fence, default);

    private async Task ThreeAsync()
    {
        for (var i = 1; i <= 3; i++)
            await AppendAsync(i);
    }

    private Task TamperAsync(string sql) => _at.Ledger.ExecuteAsync($"SET session_replication_role = replica; {sql}");
}
