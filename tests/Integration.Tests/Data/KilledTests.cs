using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>A repair that takes rows to quarantine, whose process is killed in the middle: no row is lost, none is taken twice, and an undo brings all of them back.</summary>
[TestFixture]
internal sealed class KilledTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY);
        INSERT INTO movies SELECT generate_series(1, 100);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id bigint REFERENCES movies (id), note text);
        INSERT INTO reviews SELECT i, 1 + i % 100, 'r' || i FROM generate_series(1, 3000) i;
        CREATE TABLE votes (id int PRIMARY KEY, review int NOT NULL REFERENCES reviews ON DELETE CASCADE);
        CREATE INDEX ON votes (review);
        INSERT INTO votes SELECT i, i FROM generate_series(1, 3000) i;
        """;

    [Test]
    public Task In_the_middle_of_its_batches() => DiesAsync("a batch", static (_, _) => { }, static async (clinic, child) =>
    {
        await Poll.UntilAsync(async _ => await clinic.CountAsync("reviews") < 3_000, TimeSpan.FromSeconds(60), "rows are gone");
        child.Send(Signal.Kill);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(10));
    });

    [Test]
    public Task While_the_whole_server_is_copied() => DiesAsync("a copy", static (program, clinic) =>
    {
        program.Environment["HEALING__DATABASE__AUTO_HEALING__SNAPSHOT_BEFORE_REPAIR"] = "true";
        clinic.Options.AutoHealing.SnapshotBeforeRepair = true;
    }, static async (clinic, child) =>
    {
        var root = new SnapshotTaker(clinic.Options.StateDirectory, TimeProvider.System).Bases.Root;
        await Poll.UntilAsync(() => Drafts(root).Any(d => Directory.EnumerateFileSystemEntries(d).Any()), TimeSpan.FromSeconds(60), "a copy that is being made");
        child.Send(Signal.Kill);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Assert.That(Drafts(root), Has.Length.EqualTo(1), "it was not done yet");
        await Poll.UntilAsync(async ct => await Clinic.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_replication", ct: ct) == 0, TimeSpan.FromSeconds(20), "nothing goes on without it");
    }, async clinic =>
    {
        var root = new SnapshotTaker(clinic.Options.StateDirectory, TimeProvider.System).Bases.Root;
        var copies = (await new SnapshotLedger(clinic.Db).OfIncidentAsync(1, CancellationToken.None)).Where(s => s.Kind == "base_backup").ToList();
        Assert.That(copies, Has.Count.EqualTo(1), "the next attempt took one");
        Assert.That(await SnapshotReader.ChangedAsync(copies[0].Place, copies[0].Sha256, CancellationToken.None), Is.Empty);
        await clinic.Factory().Retention().RunAsync(CancellationToken.None);
        Assert.That(Directory.GetDirectories(root), Is.EqualTo(new[] { copies[0].Place }), "the half-made one is gone");
        Assert.That(await Clinic.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_replication_slots"), Is.Zero);
    });

    private static string[] Drafts(string root) => Directory.Exists(root) ? Directory.GetDirectories(root, "*.draft") : [];

    private static async Task DiesAsync(string where, Action<HealingProgram, Clinic> arm, Func<Clinic, ChildProcess, Task> dieAsync, Func<Clinic, Task>? afterAsync = null)
    {
        await using var clinic = await Clinic.OpenAsync(Shop, static r => r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id")));
        clinic.Options.AutoHealing.MaxRowsPerRepair = 10_000;
        clinic.Lease = TimeSpan.FromMinutes(5);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id BETWEEN 3 AND 32");
        var before = await HashesAsync(clinic);
        await using var program = new HealingProgram();
        foreach (var (name, value) in new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["STATE_DIRECTORY"] = clinic.Options.StateDirectory,
            ["CONTROL__CONNECTION"] = clinic.Db.ConnectionString,
            ["WORKER__LEASE"] = "5m",
            ["DATABASE__AUTO_HEALING__MAX_ROWS_PER_REPAIR"] = "10000",
            ["DATABASE__AUTO_HEALING__SNAPSHOT_BEFORE_REPAIR"] = "false",
            ["TARGETS__0__NAME"] = "movies",
            ["TARGETS__0__CONNECTION"] = Clinic.Cluster.ConnectionString(clinic.Database),
            ["TARGETS__0__RULES__FOREIGN_KEYS__0__FROM"] = "reviews.movie_id",
            ["TARGETS__0__RULES__FOREIGN_KEYS__0__TO"] = "movies.id",
            ["TARGETS__0__RULES__FOREIGN_KEYS__0__ON_ORPHAN"] = "quarantine",
        })
        {
            program.Environment["HEALING__" + name] = value;
        }
        arm(program, clinic);
        var child = program.Start("heal", "--target", "movies");
        await dieAsync(clinic, child);
        Assert.That(await child.WaitForExitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(128 + (int)Signal.Kill), $"{where}: {string.Join('\n', child.Output)} {string.Join('\n', child.Error)}");
        await clinic.Db.LapseAsync();

        var incident = (await clinic.Incidents.ListAsync(new IncidentFilter(), CancellationToken.None)).Single();
        await Poll.UntilAsync(async _ => incident.State == IncidentState.Resolved || (incident = await clinic.HealAsync(incident)).State is IncidentState.Resolved or IncidentState.Escalated,
            TimeSpan.FromSeconds(60), $"a successor of the one that died at {where}");
        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), $"{where}: {incident.Reason}");
        Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("votes")), Is.EqualTo((2_100L, 2_100L)), where);
        Assert.That((await clinic.CountAsync("healing_quarantine.rows"), await clinic.CountAsync("(SELECT DISTINCT p.relation, r.place FROM healing_quarantine.rows r JOIN healing_quarantine.parts p USING (batch, part)) AS once")), Is.EqualTo((1_800L, 1_800L)), $"{where}: each row once");
        Assert.That((await clinic.Incidents.AttemptsAsync(incident.Id, CancellationToken.None)).Sum(a => a.RowsQuarantined), Is.EqualTo(1_800), where);
        if (afterAsync is not null)
        {
            await afterAsync(clinic);
        }
        var undone = await clinic.Factory().Undo().RunAsync(incident.Id, "worker", "somebody", "a test", false, CancellationToken.None);
        Assert.That(undone.Work.Rows, Is.EqualTo(1_800), where);
        Assert.That(await HashesAsync(clinic), Is.EquivalentTo(before), where);
    }

    private static async Task<Dictionary<string, TableHash>> HashesAsync(Clinic clinic) =>
        (await TableHash.OfDatabaseAsync(Clinic.Cluster, clinic.Database)).Where(t => t.Key.StartsWith("public.", StringComparison.Ordinal)).ToDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);
}
