using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Incidents;

public sealed class LeaseLedgerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly DateTime Start = new(2026, 1, 2, 3, 4, 5, 678, 901, DateTimeKind.Utc);
    private Damaged _at = null!;

    [SetUp]
    public async Task SetUp() => _at = await Damaged.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _at.DisposeAsync();

    [Test]
    public async Task Of_many_takers_one_gets_it()
    {
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => TakeAsync($"w{i}"))));
        Assert.That(taken.Count(l => l is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task Held_it_is_not_given_even_to_its_holder_until_released_or_run_out()
    {
        var lease = (await TakeAsync("a"))!;
        Assert.That(await TakeAsync("a"), Is.Null);
        Assert.That(await TakeAsync("b"), Is.Null);
        await _at.Leases.ReleaseAsync(lease, default);
        var second = (await TakeAsync("b"))!;
        Assert.That(second.Token, Is.GreaterThan(lease.Token));
        await _at.ExpireLeaseAsync();
        Assert.That((await TakeAsync("c"))!.Token, Is.GreaterThan(second.Token));
    }

    [Test]
    public async Task It_runs_out_by_the_ledgers_clock()
    {
        await _at.Leases.TakeAsync("r", "a", null, TimeSpan.FromSeconds(5), default);
        Assert.That(await TakeAsync("b"), Is.Null);
        await HealingWorkers.Drill.Poll.UntilAsync(async _ => await TakeAsync("b") is not null, TimeSpan.FromSeconds(5), "the lease to run out");
    }

    [Test]
    public async Task Renewing_works_late_but_not_after_somebody_else_took_it()
    {
        var lease = (await TakeAsync("a"))!;
        Assert.That(await _at.Leases.RenewAsync(lease, Long, default), Is.True);
        await _at.ExpireLeaseAsync();
        Assert.That(await _at.Leases.RenewAsync(lease, Long, default), Is.True);
        Assert.That(await TakeAsync("b"), Is.Null);
        await _at.ExpireLeaseAsync();
        var successor = await TakeAsync("b");
        Assert.That(await _at.Leases.RenewAsync(lease, Long, default), Is.False);
        await _at.Leases.ReleaseAsync(lease, default);
        Assert.That(await _at.Leases.RenewAsync(successor!, Long, default), Is.True, "the stale release did nothing");
    }

    [Test]
    public async Task The_backend_of_a_dead_holder_comes_along_until_the_next_records_its_own()
    {
        var dead = (await TakeAsync("a"))!;
        Assert.That(dead.Predecessor, Is.Null);
        await _at.Leases.RecordBackendAsync(dead, 4242, Start, default);
        await _at.ExpireLeaseAsync();
        var second = (await TakeAsync("b"))!;
        Assert.That(second.Predecessor, Is.EqualTo(new Backend(4242, Start)));
        await _at.ExpireLeaseAsync();
        var third = (await TakeAsync("c"))!;
        Assert.That(third.Predecessor, Is.EqualTo(new Backend(4242, Start)), "the second died before it had ended it");
        Assert.That(async () => await _at.Leases.RecordBackendAsync(second, 1, Start, default), Throws.TypeOf<FencedException>());
        await _at.Leases.RecordBackendAsync(third, 4343, DateTime.SpecifyKind(Start, DateTimeKind.Unspecified), default);
        var held = (await _at.Leases.HeldAsync(default)).Single();
        Assert.That((held.Resource, held.Holder, held.Token, held.BackendPid, held.BackendStart!.Value.UtcDateTime), Is.EqualTo(("r", "c", third.Token, (int?)4343, Start)));
        await _at.Leases.ReleaseAsync(third, default);
        Assert.That((await TakeAsync("d"))!.Predecessor, Is.Null, "released in order");
    }

    private Task<Lease?> TakeAsync(string holder) => _at.Leases.TakeAsync("r", holder, null, Long, default);
}
