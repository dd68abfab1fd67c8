using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Backups;
using HealingWorkers.Integration.Tests.Data;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A repair that takes rows away or keeps writers out is tried on a copy first; the live database follows only where that went well.</summary>
[TestFixture]
internal sealed class RehearsalTests
{
    private const int First = 100_000;
    /// <summary>Only a copy listens on the usual port.</summary>
    private const string OnCopy = "current_setting('port') = '5432'";

    private ProofStage _stage = null!;
    private int _movie;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await ProofStage.OpenAsync();
        _stage.Target.Options.Rules.ForeignKeys.Add(new() { From = ColumnList.Parse("public.movies.tmdb_id"), To = ColumnList.Parse("public.external_metadata.id"), OnOrphan = RuleAction.Quarantine });
        await _stage.Cluster.ExecuteAsync("movies", "CREATE EXTENSION amcheck; CREATE TABLE songs (id serial PRIMARY KEY, title text); INSERT INTO songs (title) SELECT 'Song ' || g FROM generate_series(1, 300) g");
    }

    [OneTimeTearDown]
    public Task CloseAsync() => _stage.DisposeAsync().AsTask();

    [SetUp]
    public void Usual()
    {
        _stage.Options.Rehearsal.Rule = RehearsalRule.WhenPossible;
        _stage.Options.Rehearsal.UpTo = 5L << 30;
        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.WhenPossible;
        _stage.Options.Snapshots.ShareFor = TimeSpan.Zero;
        _stage.Target.Options.Rehearse = null;
    }

    /// <summary>Nothing is left open for the next one.</summary>
    [TearDown]
    public async Task PutBackAsync()
    {
        Assert.That(Directory.Exists(_stage.Clones) ? Directory.GetDirectories(_stage.Clones) : [], Is.Empty, "the copies are gone");
        await _stage.Cluster.ExecuteAsync("movies", "INSERT INTO external_metadata (id, source, payload) SELECT DISTINCT m.tmdb_id, 'back', '{}'::jsonb FROM movies m WHERE m.tmdb_id IS NOT NULL AND NOT EXISTS (SELECT FROM external_metadata e WHERE e.id = m.tmdb_id)");
        foreach (var open in await _stage.OpenIncidentsAsync())
        {
            var decisions = new IncidentDecisions(_stage.Incidents, 3);
            if (open.State == IncidentState.Escalated)
            {
                await decisions.CloseAsync(open.Id, "test", "the test is over", default);
            }
        }
    }

    [Test]
    public async Task It_goes_well_on_a_copy_and_goes_on_without_one_only_where_it_may()
    {
        var (well, wellState) = await OrphanAsync();
        Assert.That(wellState, Is.EqualTo(IncidentState.Resolved), well);
        Assert.That(well, Does.Match(@"""rehearsal"":""rehearsed on a copy: \d+\.\d s"""));
        Assert.That(await _stage.LedgerAsync<string>("SELECT message FROM healing.audit_log WHERE message LIKE '%step(s)%' ORDER BY id DESC LIMIT 1"), Does.Contain("; rehearsed on a copy: "));
        Assert.That(await OrphansAsync(), Is.Zero);

        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.Never;
        var (without, withoutState) = await OrphanAsync();
        Assert.That((withoutState, without.Contains("\"rehearsal\":\"not rehearsed: no base_backup: snapshots.base_backup is never\"", StringComparison.Ordinal)), Is.EqualTo((IncidentState.Resolved, true)), without);
        _stage.Options.Rehearsal.Rule = RehearsalRule.Always;
        var (strict, strictState) = await OrphanAsync();
        Assert.That((strictState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 1L)), strict);
        Assert.That(strict, Does.Contain("without a rehearsal there is no such repair here"));
    }

    [Test]
    public async Task A_larger_server_is_not_tried_unless_its_owner_asks_for_it()
    {
        _stage.Options.Rehearsal.UpTo = 1L << 20;
        var (large, largeState) = await OrphanAsync();
        Assert.That(largeState, Is.EqualTo(IncidentState.Resolved), large);
        Assert.That(large, Does.Match(@"""rehearsal"":""not rehearsed: the server holds \d+ MB, and rehearsal.up_to is 1 MB"""));
        Assert.That(await _stage.LedgerAsync<string>("SELECT message FROM healing.audit_log WHERE message LIKE '%step(s)%' ORDER BY id DESC LIMIT 1"), Does.Contain("; not rehearsed: the server holds"));

        _stage.Target.Options.Rehearse = true;
        var (asked, askedState) = await OrphanAsync();
        Assert.That((askedState, asked.Contains("\"rehearsal\":\"rehearsed on a copy: ", StringComparison.Ordinal)), Is.EqualTo((IncidentState.Resolved, true)), asked);

        _stage.Target.Options.Rehearse = null;
        _stage.Options.Rehearsal.Rule = RehearsalRule.Always;
        var (strict, strictState) = await OrphanAsync();
        Assert.That((strictState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 1L)), strict);
        Assert.That(strict, Does.Contain("rehearsal.up_to is 1 MB"));
    }

    [Test]
    public async Task What_keeps_writers_out_is_tried_first_and_copied_for_that_only_up_to_the_size()
    {
        var (well, wellState) = await LostSequenceAsync();
        Assert.That((wellState, well.Contains("\"rehearsal\":\"rehearsed on a copy: ", StringComparison.Ordinal)), Is.EqualTo((IncidentState.Resolved, true)), well);
        Assert.That(await _stage.LedgerAsync<long>("SELECT count(*) FROM healing.snapshots s JOIN healing.incidents i ON i.id = s.incident_id WHERE i.kind = 'sequence_unreadable' AND s.kind = 'base_backup'"), Is.EqualTo(1));

        _stage.Options.Rehearsal.UpTo = 1L << 20;
        var (large, largeState) = await LostSequenceAsync();
        Assert.That(largeState, Is.EqualTo(IncidentState.Resolved), large);
        Assert.That(large, Does.Match(@"""rehearsal"":""not rehearsed: no base_backup: the server holds \d+ MB, and rehearsal.up_to is 1 MB"""));
        Assert.That(await _stage.LedgerAsync<long>("SELECT count(*) FROM healing.snapshots s JOIN healing.incidents i ON i.id = s.incident_id WHERE i.kind = 'sequence_unreadable' AND s.kind = 'base_backup'"), Is.EqualTo(1), "nothing is copied only to be told that it is too large");
    }

    [Test]
    public async Task A_lock_that_went_wrong_on_the_copy_is_not_taken_on_the_live_server()
    {
        await _stage.Cluster.ExecuteAsync("movies", $"""
            CREATE FUNCTION public.seat_of(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN IF {OnCopy} THEN RAISE EXCEPTION 'it breaks here'; END IF; RETURN n; END$$;
            CREATE TABLE seats (seat int, CONSTRAINT one_each EXCLUDE USING btree (public.seat_of(seat) WITH =)); INSERT INTO seats SELECT generate_series(1, 3000)
            """);
        await new Damage(_stage.Cluster, "movies").Index.ZeroLeafAsync("one_each");
        var file = await FileOfAsync("one_each");
        var id = (await FoundAsync(new BtreeCheck())).Single(i => i.Repair == "rebuild_index_locking").Id;
        var (bad, badState) = await HealAsync(id);
        Assert.That((badState, await FileOfAsync("one_each")), Is.EqualTo((IncidentState.Escalated, file)), bad);
        Assert.That(bad, Does.Contain("it failed on a copy of the server, and the live one was left alone").And.Contain("it breaks here"));
        await _stage.Cluster.ExecuteAsync("movies", "DROP TABLE seats");
    }

    [Test]
    public async Task What_changes_while_it_is_rehearsed_is_put_off_and_then_tried_on_a_new_copy()
    {
        var (_, id) = await LostAsync();
        var (changed, changedState) = await HealAsync(id, afterCopy: LoseAsync);
        var put = (await _stage.Incidents.FindAsync(id, default))!;
        Assert.That((changedState, await OrphansAsync(), put.Attempts, put.Deferrals), Is.EqualTo((IncidentState.Detected, 2L, 0, 1)), changed);
        Assert.That(changed, Does.Contain("the live database changed while the repair was rehearsed"));
        Assert.That(put.DueAt, Is.Not.Null);

        var (well, wellState) = await HealAsync(id);
        Assert.That((wellState, await OrphansAsync()), Is.EqualTo((IncidentState.Resolved, 0L)), well);
        Assert.That(well, Does.Contain("\"rehearsal\":\"rehearsed on a copy: "));
        Assert.That(await CopiesAsync(id), Is.EqualTo(2), "the first copy knew of one of the two rows");
    }

    [Test]
    public async Task Where_copies_never_agree_with_the_live_server_a_person_is_called()
    {
        var (_, id) = await LostAsync();
        var (first, firstState) = await HealAsync(id, beforeCopy: LoseAsync);
        Assert.That((firstState, await OrphansAsync()), Is.EqualTo((IncidentState.Detected, 2L)), first);
        Assert.That(first, Does.Contain("the copy calls for another plan than the live database"));

        for (var more = 0; more < 5 && await StateAsync(id) == IncidentState.Detected; more++)
        {
            // the copy that is there is behind, and so is the new one
            await LoseAsync();
            (first, firstState) = await HealAsync(id, beforeCopy: LoseAsync);
        }
        Assert.That((firstState, await CopiesAsync(id), await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 3L, 6L)), first);
        Assert.That(first, Does.Contain("it was tried on 3 copies of the server without a clear yes, and the live one was left alone"));
        Assert.That(await _stage.LedgerAsync<long>($"SELECT coalesce(sum(rows_quarantined), 0)::bigint FROM healing.attempts WHERE incident_id = {id}"), Is.Zero);

        // nobody gives up at a copy that is old by then
        await new IncidentDecisions(_stage.Incidents, 3).ReopenAsync(id, "test", "it is quiet now", default);
        await LoseAsync();
        var (well, wellState) = await HealAsync(id);
        Assert.That((wellState, await OrphansAsync()), Is.EqualTo((IncidentState.Resolved, 0L)), well);
    }

    [Test]
    public async Task Put_off_for_a_day_it_is_no_longer_put_off()
    {
        var (_, id) = await LostAsync();
        await HealAsync(id, beforeCopy: LoseAsync);
        await _stage.LedgerAsync<long?>($"UPDATE healing.incidents SET deferred_since = clock_timestamp() - interval '25 h' WHERE id = {id} RETURNING id");
        await LoseAsync();
        var (late, lateState) = await HealAsync(id, beforeCopy: LoseAsync);
        Assert.That((lateState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 4L)), late);
        Assert.That(late, Does.Contain("put off for too long: the copy calls for another plan"));
    }

    [Test]
    public async Task What_fails_on_a_copy_is_not_done_and_what_was_put_right_since_is_seen()
    {
        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.Never;
        Assert.That((await OrphanAsync()).State, Is.EqualTo(IncidentState.Resolved), "there is a quarantine by then");
        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.WhenPossible;
        await _stage.Cluster.ExecuteAsync("movies", $"CREATE FUNCTION public.not_there() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF {OnCopy} THEN RAISE EXCEPTION 'it breaks here'; END IF; RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON healing_quarantine.rows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.not_there()");
        var (_, id) = await LostAsync();
        var (bad, badState) = await HealAsync(id);
        Assert.That((badState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 1L)), bad);
        Assert.That(bad, Does.Contain("it failed on a copy of the server, and the live one was left alone").And.Contain("it breaks here"));

        await _stage.Cluster.ExecuteAsync("movies", "DROP TRIGGER breaks ON healing_quarantine.rows");
        await new IncidentDecisions(_stage.Incidents, 3).ReopenAsync(id, "test", "the trigger is gone", default);
        var (well, wellState) = await HealAsync(id);
        Assert.That((wellState, await OrphansAsync()), Is.EqualTo((IncidentState.Resolved, 0L)), well);
        Assert.That(well, Does.Contain("\"rehearsal\":\"rehearsed on a copy: "));
    }

    private Task<long> OrphansAsync() => _stage.Cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM movies m WHERE m.tmdb_id IS NOT NULL AND NOT EXISTS (SELECT FROM external_metadata e WHERE e.id = m.tmdb_id)");

    private Task<long> FileOfAsync(string relation) => _stage.Cluster.ScalarAsync<long>("movies", $"SELECT pg_relation_filenode('{relation}')::bigint");

    private Task<long> CopiesAsync(long id) => _stage.LedgerAsync<long>($"SELECT count(*) FROM healing.snapshots WHERE incident_id = {id} AND kind = 'base_backup'");

    private async Task<IncidentState> StateAsync(long id) => (await _stage.Incidents.FindAsync(id, default))!.State;

    /// <summary>One more row loses what it refers to.</summary>
    private Task LoseAsync() => _stage.Cluster.ExecuteAsync("movies", $"DELETE FROM external_metadata WHERE id = {First + ++_movie}");

    private async Task<(int Movie, long Incident)> LostAsync()
    {
        await LoseAsync();
        return (_movie, (await FoundAsync(new ForeignKeysCheck())).Single().Id);
    }

    private async Task<(string Told, IncidentState State)> OrphanAsync() => await HealAsync((await LostAsync()).Incident);

    private async Task<(string Told, IncidentState State)> LostSequenceAsync()
    {
        await new SequenceDamage(new RelationEditor(_stage.Cluster, "movies")).ZeroPageAsync("songs_id_seq");
        return await HealAsync((await FoundAsync(new SequencesCheck())).Single(i => i.Kind == FindingKind.SequenceUnreadable).Id);
    }

    private async Task<IReadOnlyList<Incident>> FoundAsync(ICheck check)
    {
        var id = await _stage.Incidents.RegisterTargetAsync("movies", await _stage.Target.FactsAsync(default), default);
        var report = await check.RunAsync(new(_stage.Target, CheckScope.All), default);
        await _stage.Incidents.TakeInAsync(id, report, null, 3, "test", default, demonstration: true);
        return [.. (await _stage.OpenIncidentsAsync()).Where(i => i.Check == report.Check)];
    }

    /// <summary>One try; the last receipt with the reason, and the state.</summary>
    private async Task<(string Told, IncidentState State)> HealAsync(long id, Func<Task>? beforeCopy = null, Func<Task>? afterCopy = null)
    {
        var factory = new HealerFactory(_stage.Options, _stage.Db, new TargetSet([_stage.Target]), [new ForeignKeysCheck(), new SequencesCheck(), new BtreeCheck()], TimeProvider.System, NullLoggerFactory.Instance)
        {
            // room for a copy of the whole server is looked for just before it is made
            Snapshots = new SnapshotTaker(_stage.Options.StateDirectory, TimeProvider.System, place =>
            {
                // and again for what else is kept: once is enough
                Interlocked.Exchange(ref beforeCopy, null)?.Invoke().GetAwaiter().GetResult();
                return new DriveInfo(place).AvailableFreeSpace;
            })
            {
                OnDraft = () => afterCopy?.Invoke().GetAwaiter().GetResult(),
            },
        };
        var settings = HealerSettings.Of(_stage.Options) with { NeverWait = true, ApproveAll = true, FirstPause = TimeSpan.FromMilliseconds(1) };
        await factory.Create(settings).HealAsync(id, "worker", default);
        var now = (await _stage.Incidents.FindAsync(id, default))!;
        var receipts = await new ReceiptLedger(_stage.Db).OfIncidentAsync(id, default);
        return ($"{(receipts.Count > 0 ? receipts[^1].Body : "no receipt")} {now.Reason}", now.State);
    }
}
