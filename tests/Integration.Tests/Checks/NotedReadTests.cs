using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Long reads are written down before they begin, so that one that nobody was left to tell of is found: on a server of its own.</summary>
[TestFixture, NonParallelizable, CancelAfter(600_000)]
internal sealed class NotedReadTests
{
    private const string Database = "noted";
    private PgCluster _cluster = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.CreateDatabaseAsync(Database);
        // a check that verifies big's index waits in the gate for as long as somebody holds it
        await _cluster.ExecuteAsync(Database,
            """
            CREATE EXTENSION amcheck;
            CREATE FUNCTION gate(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
            BEGIN
                WHILE n % 1000 = 0 AND current_setting('application_name') = 'healing check' AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42) LOOP
                    PERFORM pg_sleep(0.05);
                END LOOP;
                RETURN n;
            END $$;
            CREATE TABLE big (id int, pad text);
            ALTER TABLE big ALTER pad SET STORAGE PLAIN;
            INSERT INTO big SELECT n, repeat('x', 1500) FROM generate_series(1, 8000) n;
            CREATE INDEX big_gate_idx ON big (gate(id));
            CREATE TABLE small (id int PRIMARY KEY);
            INSERT INTO small SELECT generate_series(1, 1000);
            ANALYZE;
            """);
        _target = Open(TimeProvider.System);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _target.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Test]
    public async Task Only_long_reads_are_written_down_and_the_notes_are_settled()
    {
        var memory = new RememberedInMemory();
        foreach (var check in new ICheck[] { new HeapCheck(), new BtreeCheck() })
        {
            Assert.That((await check.RunAsync(new(_target, CheckScope.All) { Memory = memory }, default)).Status, Is.EqualTo(CheckStatus.Clean));
            Assert.That(await NotesAsync(memory, check.Description.Name), Is.Empty);
        }
        Assert.That(memory.Written, Is.EquivalentTo(new[] { ("reading:heap", "public.big"), ("reading:btree", "public.big") }));
    }

    [Test]
    public async Task Two_runs_that_read_the_same_at_once_take_nobody_for_dead()
    {
        var memory = new RememberedInMemory();
        var gate = await CloseGateAsync();
        var one = RunAsync(_target, memory);
        await ReadersAsync(1);
        var other = RunAsync(_target, memory);
        await ReadersAsync(2);
        await gate.DisposeAsync();
        foreach (var report in new[] { await one, await other })
        {
            Assert.That((report.Status, report.Findings.Count), Is.EqualTo((CheckStatus.Clean, 0)), report.Reason);
        }
        Assert.That(await NotesAsync(memory, "btree"), Is.Empty);
    }

    [Test]
    public async Task A_backend_that_hangs_when_its_worker_goes_is_found_by_the_next_look()
    {
        var memory = new RememberedInMemory();
        var gate = await CloseGateAsync();
        using var stopped = new CancellationTokenSource();
        var first = RunAsync(_target, memory, stopped.Token);
        var pid = (await ReadersAsync(1))[0];
        // it takes no signal any more
        ProcessTable.Send(pid, Signal.Stop);
        try
        {
            await stopped.CancelAsync();
            Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
            await gate.DisposeAsync();
            Assert.That((await NotesAsync(memory, "btree")).Keys, Is.EqualTo(new[] { "public.big" }));

            await using var later = Open(new LaterClock(TimeSpan.FromHours(5)));
            var report = await RunAsync(later, memory);
            Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.DeadlyRead, "public.big") }), report.Reason);
            Assert.That(report.Findings[0].Detail, Does.Contain($"the backend {pid} did not react to being cancelled").And.Contain("bt_index_check"));
            Assert.That(await NotesAsync(memory, "btree"), Is.Empty, "the note is settled");
        }
        finally
        {
            ProcessTable.Send(pid, Signal.Continue);
            await Poll.UntilAsync(() => !ProcessTable.IsAlive(pid), TimeSpan.FromSeconds(60), "it ends, now that it hears");
        }
    }

    private Target Open(TimeProvider clock) => new(new TargetOptions { Name = Database, Connection = _cluster.ConnectionString(Database) }, clock);

    private async Task<CheckReport> RunAsync(Target target, RememberedInMemory memory, CancellationToken cancel = default) =>
        await new BtreeCheck().RunAsync(new(target, CheckScope.OfTable(await _cluster.ScalarAsync<long>(Database, "SELECT 'big'::regclass::oid::bigint", ct: cancel))) { Memory = memory }, cancel);

    private async Task<IReadOnlyDictionary<string, string>> NotesAsync(RememberedInMemory memory, string check) =>
        await memory.RecallAllAsync((await _target.FactsAsync(default)).Id, "reading:" + check, default);

    private async Task<NpgsqlConnection> CloseGateAsync()
    {
        var gate = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_cluster.ConnectionString(Database)) { Pooling = false }.ConnectionString);
        await gate.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(42)", gate);
        await command.ExecuteNonQueryAsync();
        return gate;
    }

    /// <summary>Until so many wait in the gate.</summary>
    private async Task<IReadOnlyList<int>> ReadersAsync(int count)
    {
        IReadOnlyList<int> pids = [];
        await Poll.UntilAsync(async ct =>
        {
            pids = await _cluster.QueryAsync<int>(Database, "SELECT pid FROM pg_stat_activity WHERE query LIKE '%bt_index_check%' AND state = 'active' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()", ct: ct);
            return pids.Count == count;
        }, TimeSpan.FromSeconds(60), $"{count} reader(s) wait");
        return pids;
    }
}
