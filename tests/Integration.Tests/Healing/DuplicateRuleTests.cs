using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>What the owner declared about duplicates is done without asking, in the window; nobody slips in meanwhile; and all of it can be undone.</summary>
[TestFixture]
internal sealed class DuplicateRuleTests
{
    private const string Index = "movies_tmdb_id_key";
    private static readonly Dictionary<string, string> OtherIds = new(StringComparer.Ordinal) { ["id"] = "id + 1000000" };

    [Test]
    public async Task Declared_it_is_done_in_the_window_and_without_one_it_waits_for_approval()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true, adjust: t => t.Rules.Duplicates.Add(new() { Table = TablePath.Parse("movies"), Keep = KeepRow.Referenced }));
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 3, indexed: true, OtherIds);
        var incident = await FoundAsync(hospital);
        var asked = await hospital.HealAsync(incident.Id);
        Assert.That((asked.State, asked.Note), Is.EqualTo((IncidentState.AwaitingApproval, "quarantining without an open maintenance window wants approval")));

        OpenWindow(hospital);
        var outcome = await hospital.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE id > 1000000"), Is.Zero, "the others are referred to");
        Assert.That((await hospital.FindAsync(incident.Id)).ApprovedBy, Is.Null);
    }

    [Test]
    public async Task The_oldest_stays_by_rule_and_rows_of_one_age_are_shown_to_a_person()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true, adjust: t => t.Rules.Duplicates.Add(new() { Table = TablePath.Parse("lone"), Keep = KeepRow.Oldest }));
        OpenWindow(hospital);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE lone (k int, v text) PARTITION BY RANGE (k);
            CREATE TABLE lone_few PARTITION OF lone FOR VALUES FROM (0) TO (100);
            CREATE UNIQUE INDEX lone_key ON lone_few (k);
            INSERT INTO lone SELECT i, 'v' || i FROM generate_series(1, 20) i
            """);
        await hospital.Damage.Unique.DuplicateRowsAsync("lone_key", 2, indexed: true, new Dictionary<string, string>(StringComparer.Ordinal) { ["v"] = "v || ' later'" });
        var incident = await FoundAsync(hospital);
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT string_agg(v, ',' ORDER BY k) FROM lone WHERE k < 3"), Is.EqualTo("v1,v2"));

        // one statement wrote both
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            UPDATE pg_index SET indisunique = false WHERE indexrelid = 'lone_key'::regclass;
            INSERT INTO lone VALUES (50, 'one'), (50, 'other');
            UPDATE pg_index SET indisunique = true WHERE indexrelid = 'lone_key'::regclass
            """);
        var unclear = await FoundAsync(hospital);
        var asked = await hospital.HealAsync(unclear.Id);
        Assert.That(asked.State, Is.EqualTo(IncidentState.AwaitingApproval), asked.Note);
        Assert.That(asked.Note, Does.Contain("nothing says which is right"));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM lone WHERE k = 50"), Is.EqualTo(2));
    }

    [Test]
    public async Task What_points_at_a_copy_by_a_rule_alone_is_shown_to_a_person()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50, realChecks: true, adjust: t =>
        {
            t.Rules.Duplicates.Add(new() { Table = TablePath.Parse("movies"), Keep = KeepRow.Referenced });
            t.Rules.ForeignKeys.Add(new() { From = ColumnList.Parse("notes.movie"), To = ColumnList.Parse("movies.id"), OnOrphan = RuleAction.Quarantine, Where = "NOT c.gone" });
        });
        OpenWindow(hospital);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 2, indexed: true, OtherIds);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE notes (movie bigint, gone boolean DEFAULT false); INSERT INTO notes SELECT 1000001 FROM generate_series(1, 9); INSERT INTO notes VALUES (1, false), (1000002, true)");
        var incident = await FoundAsync(hospital);

        var asked = await hospital.HealAsync(incident.Id);

        Assert.That((asked.State, await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM movies WHERE id > 1000000")), Is.EqualTo((IncidentState.AwaitingApproval, 2L)), asked.Note);
        Assert.That(asked.Note, Does.Contain("of 1 key(s)").And.Contain("9 row(s) point at rows that would go, by the rule public.notes(movie) -> public.movies(id)"));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE notes SET movie = 1 WHERE NOT gone");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    [Test]
    public async Task A_writer_cannot_slip_in_between_the_rows_that_go_and_the_index()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        hospital.Limits = hospital.Limits with { ExclusiveLockTimeout = TimeSpan.FromSeconds(60) };
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 1, indexed: false, OtherIds);
        var key = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT tmdb_id FROM movies WHERE id > 1000000");
        var incident = await FoundAsync(hospital);
        await using var reader = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(reader, $"BEGIN; SET LOCAL enable_seqscan = off; SELECT FROM movies WHERE tmdb_id = {key}");
        var healing = ApprovedAsync(hospital, incident.Id);
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<bool>(hospital.Database,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'REINDEX INDEX%' AND wait_event_type = 'Lock')", ct: ct), TimeSpan.FromMinutes(3), "the rows are gone and the index waits");

        // the rebuild waits for the reader: all that was there is gone, and nothing of it is committed
        await using var writer = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(writer, "SET lock_timeout = '300ms'");
        var insert = $"INSERT INTO movies SELECT (jsonb_populate_record(m, '{{\"id\": 3000000}}')).* FROM movies m WHERE tmdb_id = {key} LIMIT 1";
        var kept = await Assert.ThrowsAsync<PostgresException>(async () => await RunAsync(writer, insert));
        Assert.That(kept!.SqlState, Is.EqualTo(PostgresErrorCodes.LockNotAvailable));
        await RunAsync(reader, "COMMIT");
        var outcome = await healing;

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var refused = await Assert.ThrowsAsync<PostgresException>(async () => await RunAsync(writer, insert));
        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.UniqueViolation), "the index knows the key from the moment that the lock is gone");
    }

    [Test]
    public async Task Undone_the_rows_and_the_references_are_back_as_they_were_and_undone_again_they_are_gone()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true, copies: true);
        await hospital.Damage.Unique.DuplicateRowsAsync(Index, 4, indexed: true, OtherIds);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO casts SELECT id, 1, 'of the copy' FROM movies WHERE id > 1000000 LIMIT 2");
        var before = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        var incident = await FoundAsync(hospital);
        var healed = await ApprovedAsync(hospital, incident.Id);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Note);
        var after = await HashesAsync(hospital, before);
        Assert.That(after["public.casts"], Is.Not.EqualTo(before["public.casts"]));
        await AssertCopyIsReadAgainAsync(hospital, incident.Id);
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().RowsQuarantined, Is.EqualTo(6), "four rows that went and two that refer to another now");

        var refused = await Assert.ThrowsAsync<HealingException>(async () => await UndoAsync(hospital, incident.Id));
        Assert.That(refused!.Message, Does.Contain(Index));
        Assert.That(await HashesAsync(hospital, before), Is.EquivalentTo(after), "a refused undo changes nothing");

        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"DROP INDEX {Index}");
        var undone = await UndoAsync(hospital, incident.Id);
        Assert.That((undone.Incident.State, undone.Work.Rows), Is.EqualTo((IncidentState.Undone, 6L)));
        Assert.That(await HashesAsync(hospital, before), Is.EquivalentTo(before));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).Changed, Is.Empty);

        Assert.That((await UndoAsync(hospital, incident.Id)).Incident.State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await HashesAsync(hospital, before), Is.EquivalentTo(after));
    }

    /// <summary>The receipt stands for the copy of the whole server too: each byte of it.</summary>
    private static async Task AssertCopyIsReadAgainAsync(Hospital hospital, long id)
    {
        var verdict = await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None);
        Assert.That(verdict.Changed, Is.Empty);
        Assert.That(verdict.Recomputed, Has.Some.StartsWith("every byte of base_backup").And.Some.StartsWith("every byte of snapshot"));
        var copy = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(id, CancellationToken.None)).Single(s => s.Kind == "base_backup");
        var victim = Directory.EnumerateFiles(Path.Combine(copy.Place, "data", "base"), "*", SearchOption.AllDirectories).First(f => new FileInfo(f).Length > 8192);
        var bytes = await File.ReadAllBytesAsync(victim);
        bytes[5000] ^= 1;
        await File.WriteAllBytesAsync(victim, bytes);
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(id, hospital.Target, CancellationToken.None)).Changed, Is.EqualTo(new[] { $"base_backup {copy.Id}: {victim} has been changed" }));
        bytes[5000] ^= 1;
        await File.WriteAllBytesAsync(victim, bytes);
    }

    private static void OpenWindow(Hospital hospital)
    {
        var now = TimeProvider.System.GetUtcNow();
        hospital.Target.Options.MaintenanceWindow = $"{now.AddHours(-1):HH}:00-{now.AddHours(2):HH}:00 UTC";
    }

    private static async Task<Incident> FoundAsync(Hospital hospital) =>
        (await hospital.CheckAsync(new DuplicateKeysCheck())).Single(i => i.Kind == FindingKind.DuplicateKeys);

    private static Task<HealOutcome> ApprovedAsync(Hospital hospital, long incident) =>
        hospital.Factory().Create(hospital.Factory().Settings with { ApproveAll = true, NeverWait = true }).HealAsync(incident, "worker", CancellationToken.None);

    private static Task<UndoOutcome> UndoAsync(Hospital hospital, long id) =>
        hospital.Factory().Undo().RunAsync(id, "worker", "somebody", "they were wanted", false, CancellationToken.None);

    private static async Task<Dictionary<string, TableHash>> HashesAsync(Hospital hospital, IReadOnlyDictionary<string, TableHash> before) =>
        (await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database)).Where(t => before.ContainsKey(t.Key)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
