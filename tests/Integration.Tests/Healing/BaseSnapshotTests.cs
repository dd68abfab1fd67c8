using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Copies of a whole server before a repair that may change rows.</summary>
[TestFixture, NonParallelizable]
internal sealed class BaseSnapshotTests
{
    internal const string Hash = "SELECT md5(string_agg(m::text, '|' ORDER BY m.id)) FROM public.movies m";
    private static readonly RepairPlan Quarantining = new("rebuild_index", RiskClass.Quarantining, [new("DELETE ...", "none", "a test")]);

    [TestCase("pg_basebackup")]
    [TestCase("pg_backup_start and a copy")]
    public async Task What_is_restored_starts_and_holds_the_same_rows(string way)
    {
        await using var hospital = await OpenAsync(way == "pg_basebackup" ? null : "GRANT EXECUTE ON FUNCTION pg_backup_start, pg_backup_stop TO {0}; GRANT pg_read_all_stats TO {0}");
        var space = Directory.CreateDirectory(Path.Combine(Hospital.Cluster.SocketDirectory, $"space_{hospital.Database}")).FullName;
        ServerUser.Current.Own(space);
        await Hospital.Cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE space_{hospital.Database} LOCATION '{space}'");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE TABLE elsewhere TABLESPACE space_{hospital.Database} AS SELECT n FROM generate_series(1, 500) n");
        var before = await Hospital.Cluster.ScalarAsync<string>(hospital.Database, Hash);

        var kept = await KeepAsync(hospital, Quarantining);

        var copy = (await SnapshotsAsync(hospital, kept.Incident)).Single(s => s.Kind == "base_backup");
        Assert.That((string?)JsonNode.Parse(copy.Manifest)!["way"], Is.EqualTo(way), kept.Evidence.Snapshot.Statement);
        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain($"base_backup {copy.Id} by {way} in {copy.Place}"));
        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty);

        await using var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!);
        Assert.That(await restored.ScalarAsync(hospital.Database, Hash), Is.EqualTo(before));
        Assert.That(await restored.ScalarAsync(hospital.Database, "SELECT count(*) FROM elsewhere"), Is.EqualTo(500));
        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty, "restoring left the copy as it was");
        Assert.That(await Hospital.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_replication_slots") + await Hospital.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_replication"), Is.Zero);

        var victim = Directory.EnumerateFiles(Path.Combine(copy.Place, "data", "base"), "*", SearchOption.AllDirectories).First(f => new FileInfo(f).Length > 8192);
        await File.AppendAllTextAsync(victim, "x");
        Assert.That((await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default)).Single(), Does.EndWith("has been changed"));
    }

    [Test]
    public async Task What_is_restored_takes_no_changes_from_a_subscription_loads_nothing_and_waits_for_nobody()
    {
        await using var hospital = await OpenAsync(null);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE SUBSCRIPTION taken CONNECTION 'host=192.0.2.1' PUBLICATION any_one WITH (connect = false)");
        try
        {
            var kept = await KeepAsync(hospital, Quarantining);
            var copy = (await SnapshotsAsync(hospital, kept.Incident)).Single(s => s.Kind == "base_backup");
            await File.AppendAllTextAsync(Path.Combine(copy.Place, "data", "postgresql.auto.conf"), "shared_preload_libraries = 'nowhere_to_be_found'\nsynchronous_standby_names = 'nobody'\n");

            await using var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!);

            Assert.That(await restored.ScalarAsync(hospital.Database, "SELECT string_agg(concat(name, '=', setting), ' ' ORDER BY name) FROM pg_settings WHERE name IN ('archive_mode', 'max_logical_replication_workers', 'shared_preload_libraries', 'synchronous_standby_names')"),
                Is.EqualTo("archive_mode=off max_logical_replication_workers=0 shared_preload_libraries= synchronous_standby_names="));
            Assert.That(await restored.ScalarAsync(hospital.Database, "SELECT count(*) FROM pg_subscription"), Is.EqualTo(1));
            Assert.That(await restored.ScalarAsync(hospital.Database, "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%'"), Is.EqualTo(0));
            Assert.That(await restored.ScalarAsync(hospital.Database, "CREATE TABLE public.made_here AS SELECT 7 AS n; SELECT n FROM public.made_here"), Is.EqualTo(7));
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "ALTER SUBSCRIPTION taken SET (slot_name = NONE); DROP SUBSCRIPTION taken");
        }
    }

    [Test]
    public async Task Incidents_close_in_time_share_one_and_two_workers_at_once_take_one()
    {
        await using var hospital = await OpenAsync(null);
        await MoviesSchema.CreateAsync(Hospital.Cluster, $"{hospital.Database}_too", 100);
        await using var other = new Target(new TargetOptions { Name = "too", Connection = Hospital.Cluster.ConnectionString($"{hospital.Database}_too") }, TimeProvider.System);
        var kept = await Task.WhenAll(KeepAsync(hospital, Quarantining, worker: "one"), KeepAsync(hospital, Quarantining, other, worker: "two"));
        Assert.That(kept.Select(k => k.Evidence.Proof), Has.None.Null, string.Join(";", kept.Select(k => k.Evidence.Trouble)));
        var rows = (await SnapshotsAsync(hospital, kept[0].Incident)).Concat(await SnapshotsAsync(hospital, kept[1].Incident)).Where(s => s.Kind == "base_backup").ToList();
        Assert.That((rows.Count, rows.Select(r => r.Place).Distinct().Count(), Bases(hospital).Length), Is.EqualTo((2, 1, 1)));
        Assert.That(kept.Count(k => k.Evidence.Snapshot.Statement.Contains("shared with incident", StringComparison.Ordinal)), Is.EqualTo(1));

        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.snapshots SET taken_at = taken_at - interval '2 h'");
        var again = await KeepAsync(hospital, Quarantining, worker: "one");
        Assert.That((again.Evidence.Snapshot.Statement.Contains(rows[0].Place, StringComparison.Ordinal), Bases(hospital).Length), Is.EqualTo((true, 1)), "an incident's own does for all of its attempts");
        hospital.Options.Snapshots.ShareFor = TimeSpan.FromHours(3);
        Assert.That((await KeepAsync(hospital, Quarantining, other, incident: "second")).Evidence.Snapshot.Statement, Does.Contain("shared with incident"));
        hospital.Options.Snapshots.ShareFor = TimeSpan.FromHours(1);
        Assert.That((await KeepAsync(hospital, Quarantining, other, incident: "third")).Evidence.Snapshot.Statement, Does.Not.Contain("shared with incident"), "that one is too old");
        Assert.That(Bases(hospital), Has.Length.EqualTo(2));

        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, $"UPDATE healing.snapshots SET expires_at = clock_timestamp() - interval '1 s'; UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp() WHERE id = {kept[0].Incident}");
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(Directory.Exists(rows[0].Place), Is.True, "other incidents are still open");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp()");
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(Bases(hospital), Is.Empty);
        Assert.That((await SnapshotsAsync(hospital, kept[1].Incident)).Select(s => s.RemovedAt), Has.None.Null);
    }

    [Test]
    public async Task What_cannot_be_taken_is_said_and_stops_a_repair_only_where_it_is_required()
    {
        await using var hospital = await OpenAsync(null);
        hospital.FreeSpace = static _ => 50L << 20;
        await SaysAsync("no room for the snapshot in ");
        hospital.FreeSpace = null;
        hospital.Options.Snapshots.BaseBackupUpTo = 1L << 20;
        await SaysAsync("MB, and snapshots.base_backup_up_to is 1 MB");
        hospital.Options.Snapshots.BaseBackup = BaseBackupRule.Required;
        var kept = await KeepAsync(hospital, Quarantining);
        Assert.That((kept.Evidence.Proof, kept.Evidence.Trouble), Is.EqualTo(((SnapshotProof?)null, kept.Evidence.Trouble)));
        Assert.That(kept.Evidence.Trouble, Does.StartWith("no snapshot, so no repair: the server holds"));
        hospital.Options.Snapshots.BaseBackup = BaseBackupRule.Never;
        await SaysAsync("no base_backup: snapshots.base_backup is never");
        Assert.That((await KeepAsync(hospital, Quarantining with { Risk = RiskClass.LosslessOnline })).Evidence.Snapshot.Statement, Does.Not.Contain("base_backup"), "what loses nothing needs none");
        Assert.That(Bases(hospital), Is.Empty);

        async Task SaysAsync(string why)
        {
            var said = await KeepAsync(hospital, Quarantining);
            Assert.That(said.Evidence.Proof, Is.Not.Null, said.Evidence.Trouble);
            Assert.That(said.Evidence.Snapshot.Statement, Does.Contain("; no base_backup: ").And.Contain(why));
        }
    }

    [Test]
    public async Task A_page_whose_checksum_is_wrong_is_why_a_copy_is_kept_and_keeps_none_from_being_taken()
    {
        await using var hospital = await OpenAsync(null);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE rotten AS SELECT g, repeat('x', 200) FROM generate_series(1, 500) g");
        await hospital.Damage.Heap.FlipByteAsync("rotten", 2, 4000, mode: new DamageMode(FixChecksum: false));
        try
        {
            var kept = await KeepAsync(hospital, Quarantining);
            Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("by pg_basebackup in"));
            var copy = (await SnapshotsAsync(hospital, kept.Incident)).Single(s => s.Kind == "base_backup");
            Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty);
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "DROP TABLE rotten");
        }
    }

    [Test]
    public async Task A_role_without_the_right_is_told_what_is_missing_and_repairs_all_the_same()
    {
        await using var hospital = await OpenAsync("GRANT pg_read_all_stats TO {0}");
        var kept = await KeepAsync(hospital, Quarantining);
        Assert.That(kept.Evidence.Proof, Is.Not.Null, kept.Evidence.Trouble);
        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("pg_basebackup ended with 1").And.Contain("permission denied for function pg_backup_start"));
        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("no data_directory can be taken: the server is stopped only within a maintenance window"), "which would be the other way");
        hospital.Target.Options.MaintenanceWindow = "00:00-00:00 UTC";
        Assert.That((await KeepAsync(hospital, Quarantining)).Evidence.Snapshot.Statement, Does.Contain("permission denied for function pg_backup_start").And.Contain("the control database is on that very server"));
        Assert.That(Bases(hospital), Is.Empty, "nothing of what was begun is left");
    }

    [Test]
    public async Task What_a_dead_worker_left_goes_with_the_next_sweep_and_what_a_living_one_makes_stays()
    {
        await using var hospital = await OpenAsync(null);
        var server = (await hospital.Target.FactsAsync(default)).Id.SystemIdentifier;
        var leases = new LeaseLedger(hospital.Db);
        var lease = (await leases.TakeAsync(Lease.OfBase(server, Environment.MachineName), "dies", null, TimeSpan.FromSeconds(30), default))!;
        var root = hospital.Factory().Snapshots.Bases.Root;
        var draft = Directory.CreateDirectory(Path.Combine(root, $"{server}-{lease.Token}.draft")).FullName;
        await File.WriteAllTextAsync(Path.Combine(draft, "file"), "half");
        var unknown = Directory.CreateDirectory(Path.Combine(root, $"{server}-0")).FullName;
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That((Directory.Exists(draft), Directory.Exists(unknown)), Is.EqualTo((true, true)), "its maker holds its lease; what is whole may be all that is left of another ledger");
        Directory.SetLastWriteTimeUtc(unknown, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-15));
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(Directory.Exists(unknown), Is.False, "its time is over");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.leases SET expires_at = clock_timestamp() - interval '1 s'");
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(Bases(hospital), Is.Empty);
    }

    [Test]
    public async Task What_an_open_incident_needs_is_not_removed_by_a_worker_with_another_host_name_on_the_same_directory()
    {
        await using var hospital = await OpenAsync(null);
        var kept = await KeepAsync(hospital, Quarantining);
        var other = await KeepAsync(hospital, Quarantining, incident: "second");
        var copy = (await SnapshotsAsync(hospital, kept.Incident)).Single(s => s.Kind == "base_backup");
        Assert.That((await SnapshotsAsync(hospital, other.Incident)).Select(s => s.Place), Has.Some.EqualTo(copy.Place), "they share it");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.snapshots SET host = 'worker-1', expires_at = clock_timestamp() - interval '1 s'");
        Directory.SetLastWriteTimeUtc(copy.Place, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-15));

        await hospital.Factory().Retention().RunAsync(default);

        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty, "the incident is open, however old its evidence");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.snapshots SET place = '/mounted' || place");
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(copy.Place, Does.Exist, "worker-1 has the directory under another path");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.snapshots SET place = substr(place, length('/mounted') + 1)");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp()");
        await hospital.Factory().Retention().RunAsync(default);
        Assert.That(Bases(hospital), Is.Empty, "worker-1 is no more, and what it kept is to be seen here");
        Assert.That((await SnapshotsAsync(hospital, kept.Incident)).Concat(await SnapshotsAsync(hospital, other.Incident)).Select(s => s.RemovedAt), Has.None.Null);
    }

    /// <param name="grants">Null: the superuser repairs.</param>
    private static async Task<Hospital> OpenAsync(string? grants)
    {
        var role = $"keeper_{Guid.NewGuid():N}";
        var hospital = await Hospital.OpenAsync(500, adjust: t =>
        {
            if (grants is not null)
            {
                t.Connections.Repair = new NpgsqlConnectionStringBuilder(t.Connection) { Username = role }.ConnectionString;
                t.DataDirectory = Hospital.Cluster.DataDirectory;
            }
        }, copies: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {role} LOGIN; {string.Format(System.Globalization.CultureInfo.InvariantCulture, grants ?? "", role)}");
        return hospital;
    }

    internal static async Task<(long Incident, KeptEvidence Evidence)> KeepAsync(Hospital hospital, RepairPlan plan, Target? target = null, string worker = "worker", string incident = "first")
    {
        target ??= hospital.Target;
        var (factory, facts) = (hospital.Factory(), await target.FactsAsync(default));
        var (ledgers, tools) = (factory.Ledgers(), factory.Tools());
        var id = await ledgers.Incidents.RegisterTargetAsync(target.Name, facts, default);
        var finding = Finding.Of("btree", FindingKind.BtreeCorrupt, facts.Id, new(1, $"public.{incident}"), "for a test");
        await ledgers.Incidents.TakeInAsync(id, new("btree", Jobs.Checks.CheckStatus.Damaged, TimeSpan.Zero, null, [finding], []), null, 3, "test", default);
        var found = (await ledgers.Incidents.ListAsync(new() { OpenOnly = true, Limit = 100 }, default)).Single(i => i.Fingerprint == finding.Fingerprint);
        var lease = (await ledgers.Leases.TakeAsync(Lease.OfTarget(id), worker, found.Id, TimeSpan.FromSeconds(30), default))!;
        try
        {
            await using var session = (await FencedSession.OpenAsync(target, lease, ledgers, tools, factory.Settings, SessionWay.Repair, default))!;
            return (found.Id, await new EvidenceKeeper(ledgers, tools, factory.Settings, session, lease.Fence, worker).KeepAsync(found with { Attempts = 1 }, plan, null, default));
        }
        finally
        {
            await ledgers.Leases.ReleaseAsync(lease, default);
        }
    }

    private static Task<IReadOnlyList<SnapshotRow>> SnapshotsAsync(Hospital hospital, long incident) => new SnapshotLedger(hospital.Db).OfIncidentAsync(incident, default);

    private static string[] Bases(Hospital hospital) =>
        Directory.Exists(hospital.Factory().Snapshots.Bases.Root) ? Directory.GetDirectories(hospital.Factory().Snapshots.Bases.Root) : [];
}
