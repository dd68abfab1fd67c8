using HealingWorkers.Jobs.Ledger;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

/// <summary>The audit log under whoever means to change it: with the ledger's own protection put aside, each way is found where it is.</summary>
[TestFixture]
public sealed class AuditChainTests
{
    private FreshLedger _ledger = null!;
    private AuditChain _chain = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _ledger = await FreshLedger.CreateAsync();
        _chain = new AuditChain(_ledger.Db);
    }

    [TearDown]
    public async Task CloseAsync() => await _ledger.DisposeAsync();

    [Test]
    public async Task Written_by_many_at_once_by_program_and_by_hand_it_has_no_fork_and_a_deed_that_failed_left_no_gap()
    {
        Assert.That((await _chain.VerifyAsync(default)) is { Holds: true, Through: 0 }, Is.True);
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async n =>
        {
            for (var i = 0; i < 5; i++)
                await WriteAsync($"{n}.{i} ä✓\n\"'");
            await Assert.ThrowsAsync<InvalidOperationException>(() => _ledger.Db.InTransactionAsync<int>(async (connection, transaction) =>
            {
                await AuditLog.WriteAsync(connection, transaction, new AuditEntry("x", "info", "never", "nobody"), default);
                throw new InvalidOperationException("the deed failed");
            }, default));
            await _ledger.ExecuteAsync("INSERT INTO healing.audit_log (event_type, severity, message, actor, metadata, target_id, incident_id) VALUES ('by hand', 'info', 'm', 'psql', '{\"b\": 1.50, \"a\": \"\\u00e4\"}', 3, 4), ('by hand', 'info', '', 'psql', '{}', NULL, 5)");
        }));
        var verdict = await _chain.VerifyAsync(default);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.Misfits, Is.Empty);
            Assert.That(verdict.Through, Is.EqualTo(12 * 7));
        });
    }

    [TestCase("UPDATE healing.audit_log SET actor = 'nobody' WHERE id = 3", "3/3 entry 3 is not what was hashed: it was changed")]
    [TestCase("UPDATE healing.audit_log SET at = at + interval '1 microsecond' WHERE id = 2", "2/2 entry 2 is not what was hashed: it was changed")]
    [TestCase("UPDATE healing.audit_log SET metadata = '{\"why\": \"other\"}' WHERE id = 1", "1/1 entry 1 is not what was hashed: it was changed")]
    [TestCase("UPDATE healing.audit_log SET message = message || actor, actor = '' WHERE id = 4", "4/4 entry 4 is not what was hashed: it was changed")]
    [TestCase("UPDATE healing.audit_log SET target_id = incident_id, incident_id = NULL WHERE id = 4", "4/4 entry 4 is not what was hashed: it was changed")]
    [TestCase("DELETE FROM healing.audit_log WHERE id = 3", "3/3 entry 3 is gone")]
    [TestCase("DELETE FROM healing.audit_log WHERE id = 6", "6/6 entry 6 is gone")]
    [TestCase("DELETE FROM healing.audit_log WHERE id = 3; DELETE FROM healing.audit_chain WHERE seq = 3", "3/ link 3 is missing")]
    [TestCase("DELETE FROM healing.audit_log WHERE id > 4; DELETE FROM healing.audit_chain WHERE seq > 4", "5/ the chain ends at link 4, though 6 were written: its end was cut off")]
    [TestCase("DELETE FROM healing.audit_chain WHERE seq = 6", "6/ the chain ends at link 5, though 6 were written: its end was cut off", "/6 entry 6 has no link: it was put in past the chain, or its link was taken away")]
    [TestCase("INSERT INTO healing.audit_log (event_type, severity, message, actor) VALUES ('x', 'info', 'forged', 'eve')", "/7 entry 7 has no link: it was put in past the chain, or its link was taken away")]
    [TestCase("INSERT INTO healing.audit_log (event_type, severity, message, actor) VALUES ('x', 'info', 'forged', 'eve'); INSERT INTO healing.audit_chain SELECT 7, 7, hash, repeat('a', 64) FROM healing.audit_chain WHERE seq = 6",
        "7/7 entry 7 is not what was hashed: it was changed", "7/ link 7 is not the one that was written last: the end of the chain was written anew")]
    [TestCase("UPDATE healing.audit_log SET message = 'other' WHERE id = 3; UPDATE healing.audit_chain c SET hash = healing.audit_hash(c.previous_hash, c.seq, l) FROM healing.audit_log l WHERE l.id = 3 AND c.seq = 3",
        "4/4 entry 4 does not continue the one before it")]
    [TestCase("UPDATE healing.audit_head SET anchor_seq = 2", "1/1 link 1 was to be archived already", "1/1 entry 1 does not continue the one before it")]
    public async Task Any_change_is_found_where_it_is(string tampering, params string[] said)
    {
        await SixAsync();
        Assert.That((await _chain.VerifyAsync(default)).Misfits, Is.Empty);
        await TamperAsync(tampering);
        var misfits = (await _chain.VerifyAsync(default)).Misfits.Select(m => $"{m.Link}/{m.Entry} {m.Why}");
        Assert.That(misfits, tampering.Contains("anchor", StringComparison.Ordinal) ? Does.Contain(said[0]) : Is.EqualTo(said));
    }

    [Test]
    public async Task One_that_is_cut_off_or_written_anew_with_its_head_is_found_by_a_head_that_was_kept()
    {
        await SixAsync();
        var mark = (await _chain.VerifyAsync(default)).Mark;
        Assert.That(AuditMark.Parse(mark.ToString()), Is.EqualTo(mark));
        await TamperAsync("DELETE FROM healing.audit_log WHERE id = 6; DELETE FROM healing.audit_chain WHERE seq = 6; UPDATE healing.audit_head h SET seq = 5, hash = c.hash FROM healing.audit_chain c WHERE c.seq = 5");
        Assert.That((await _chain.VerifyAsync(default)).Holds, Is.True, "the ledger alone cannot tell");
        Assert.That((await _chain.VerifyAsync(default, mark)).Misfits.Single().Why, Is.EqualTo("the chain ends at link 5, though 6 was made known: its end was cut off"));
        await WriteAsync("another");
        Assert.That((await _chain.VerifyAsync(default, mark)).Misfits.Single().Why, Is.EqualTo("link 6 has another hash than the one that was made known: the chain was written anew"));
    }

    [Test]
    public async Task The_chain_protects_itself_from_a_slip_of_hand()
    {
        await SixAsync();
        foreach (var slip in (string[])["UPDATE healing.audit_chain SET hash = ''", "DELETE FROM healing.audit_chain", "TRUNCATE healing.audit_chain"])
            Assert.That((await Assert.ThrowsAsync<PostgresException>(() => _ledger.ExecuteAsync(slip)))!.Message, Does.Contain("append-only"));
    }

    [Test]
    public async Task What_is_archived_leaves_an_anchor_that_the_rest_goes_on_from()
    {
        await SixAsync();
        Assert.That(await _ledger.ScalarAsync<long>("SELECT healing.archive_audit(4, 'anna', 'ten years old')"), Is.EqualTo(4));
        await WriteAsync("after");
        var verdict = await _chain.VerifyAsync(default);
        Assert.That((verdict.Holds, verdict.From, verdict.Through), Is.EqualTo((true, 4L, 8L)), string.Join(", ", verdict.Misfits));
        Assert.That(await _ledger.ScalarAsync<string>("SELECT actor || ': ' || message FROM healing.audit_log WHERE event_type = 'audit.archived'"),
            Is.EqualTo("anna: 4 entries up to link 4 were taken out of the audit log: ten years old"));
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => _ledger.ExecuteAsync("SELECT healing.archive_audit(4, 'anna', 'again')")))!.Message, Does.Contain("has links 5 to 8, and not 4"));
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => _ledger.ExecuteAsync("DELETE FROM healing.audit_log")))!.Message, Does.Contain("append-only"));
        await TamperAsync("DELETE FROM healing.audit_log WHERE id = 5; DELETE FROM healing.audit_chain WHERE seq = 5");
        Assert.That((await _chain.VerifyAsync(default)).Misfits[0].Why, Is.EqualTo("link 5 is missing"));
    }

    [Test]
    public async Task Entries_from_before_the_migration_are_hashed_by_it_in_their_order_and_down_leaves_them()
    {
        var migrator = new Migrator(_ledger.ConnectionString, TimeProvider.System);
        await migrator.GoToAsync(11, default);
        await SixAsync();
        await migrator.GoToAsync(MigrationSet.Embedded.Newest, default);
        await WriteAsync("after");
        var verdict = await _chain.VerifyAsync(default);
        Assert.That((verdict.Holds, verdict.Through), Is.EqualTo((true, 7L)), string.Join(", ", verdict.Misfits));
        Assert.That(await _ledger.ScalarAsync<bool>("SELECT bool_and(seq = audit_id) FROM healing.audit_chain"), Is.True);
        await migrator.GoToAsync(11, default);
        await WriteAsync("unchained");
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.audit_log"), Is.EqualTo(8));
    }

    [Test]
    public async Task A_writer_that_waits_with_its_transaction_open_holds_up_nobody()
    {
        await using var slow = await _ledger.Db.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await AuditLog.WriteAsync(slow, transaction, new AuditEntry("slow", "info", "m", "anna"), default);
        using var soon = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await new AuditLog(_ledger.Db).WriteAsync(new AuditEntry("fast", "info", "m", "bob"), soon.Token);
        await transaction.CommitAsync();
        Assert.That((await _chain.VerifyAsync(default)) is { Holds: true, Through: 2 }, Is.True);
        Assert.That(await _ledger.ScalarAsync<string>("SELECT string_agg(l.event_type, ' ' ORDER BY c.seq) FROM healing.audit_chain c JOIN healing.audit_log l ON l.id = c.audit_id"), Is.EqualTo("fast slow"));
    }

    private async Task SixAsync()
    {
        for (var i = 1; i <= 6; i++)
            await WriteAsync($"deed {i}");
    }

    private Task WriteAsync(string message) =>
        new AuditLog(_ledger.Db).WriteAsync(new AuditEntry("incident.closed", "info", message, "anna") { IncidentId = 7, Metadata = "{\"why\": \"noise\", \"n\": 1e2}" }, default);

    private Task TamperAsync(string sql) => _ledger.ExecuteAsync($"SET session_replication_role = replica; {sql}; RESET session_replication_role");
}
