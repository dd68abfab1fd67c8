using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class SnapshotTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task Files_are_copied_and_read_back_through_the_server_where_no_directory_is_known()
    {
        await using var hospital = await OwnedAsync("GRANT EXECUTE ON FUNCTION pg_read_binary_file(text,bigint,bigint,boolean), pg_stat_file(text,boolean) TO {0}; GRANT pg_checkpoint TO {0}");
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var path = (await Hospital.Cluster.ScalarAsync<string>(hospital.Database, $"CHECKPOINT; SELECT pg_relation_filepath('{Index}')"))!;
        var damaged = await File.ReadAllBytesAsync(Path.Combine(Hospital.Cluster.DataDirectory, path));

        var (incident, outcome) = await hospital.HealOnlyAsync();

        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Match("[1-9][0-9]* pages read back from disk through the server with their checksums"));
        var snapshot = await SnapshotAsync(hospital, incident.Id);
        Assert.That((snapshot.Kind, (string?)JsonNode.Parse(snapshot.Manifest)!["way"]), Is.EqualTo(("relation_files", "through the server")));
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(snapshot.Place, path.Replace('/', '_'))), Is.EqualTo(damaged));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).Changed, Is.Empty);
    }

    /// <summary>As on hosted servers, which lend pageinspect to a role that is no superuser.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Without_files_the_pages_that_can_be_read_are_dumped(bool readable)
    {
        await using var hospital = await OwnedAsync(
            "CREATE EXTENSION pageinspect; ALTER FUNCTION get_raw_page(text, text, bigint) SECURITY DEFINER; GRANT EXECUTE ON FUNCTION get_raw_page(text, text, bigint) TO {0}");
        await (readable ? hospital.Damage.Index.SwapLeavesAsync(Index) : hospital.Damage.Index.GarbagePageAsync(Index, mode: new DamageMode(FixChecksum: false)));
        var (path, blocks) = (await Hospital.Cluster.ScalarAsync<string>(hospital.Database, $"CHECKPOINT; SELECT pg_relation_filepath('{Index}')"),
            await Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT pg_relation_size('{Index}') / 8192"));
        var damaged = await File.ReadAllBytesAsync(Path.Combine(Hospital.Cluster.DataDirectory, path!));
        var oid = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT '{Index}'::regclass::oid::bigint");

        var (incident, outcome) = await hospital.HealOnlyAsync();

        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var snapshot = await SnapshotAsync(hospital, incident.Id);
        var pages = Directory.GetFiles(snapshot.Place, "*.page");
        Assert.That((snapshot.Kind, (long)pages.Length), Is.EqualTo(("evidence", readable ? blocks : blocks - 1)));
        foreach (var page in pages)
        {
            var block = int.Parse(Path.GetFileNameWithoutExtension(page)[$"{oid}_".Length..], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(await File.ReadAllBytesAsync(page), Is.EqualTo(damaged[(block * 8192)..((block + 1) * 8192)]), $"block {block}");
        }
    }

    [Test]
    public async Task Files_go_when_their_time_is_over_and_not_while_the_incident_is_open()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var (incident, _) = await hospital.HealOnlyAsync();
        var place = (await SnapshotAsync(hospital, incident.Id)).Place;
        Assert.That(await hospital.Factory().Retention().RunAsync(CancellationToken.None), Is.Zero, "its time is not over");
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.snapshots SET expires_at = clock_timestamp() - interval '1 s'; UPDATE healing.incidents SET state = 'Detected', closed_at = NULL");
        Assert.That(await hospital.Factory().Retention().RunAsync(CancellationToken.None), Is.Zero, "it is open again");
        Assert.That(Directory.Exists(place), Is.True);
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, "UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp()");
        Assert.That(await hospital.Factory().Retention().RunAsync(CancellationToken.None), Is.EqualTo(1));
        Assert.That(Directory.Exists(place), Is.False);
        Assert.That((await SnapshotAsync(hospital, incident.Id)).RemovedAt, Is.Not.Null);
        Assert.That(await hospital.Factory().Retention().RunAsync(CancellationToken.None), Is.Zero);
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).NotRecomputed, Has.Some.Contains("when their time was over"));
    }

    [Test]
    public async Task Files_stay_those_of_their_place_whatever_the_machine_is_called_that_looks()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await File.WriteAllTextAsync(Path.Combine(hospital.Options.StateDirectory, Storage.FileName), "a volume\n");
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var (incident, _) = await hospital.HealOnlyAsync();
        var snapshot = await SnapshotAsync(hospital, incident.Id);
        Assert.That(snapshot.Host, Is.EqualTo("a volume"));
        var verdict = await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None);
        Assert.That((verdict.Changed.Count, verdict.Recomputed), Is.EqualTo((0, verdict.Recomputed)));
        Assert.That(verdict.Recomputed, Has.Some.StartsWith("every byte of snapshot"));
        File.Delete(Path.Combine(hospital.Options.StateDirectory, Storage.FileName));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).Recomputed, Has.Some.StartsWith("every byte of snapshot"), "by its manifest");
        Directory.Move(snapshot.Place, snapshot.Place + ".moved");
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).NotRecomputed, Has.Some.EndsWith("they are on a volume"));
    }

    [Test]
    public async Task An_attempt_that_is_put_off_again_and_again_keeps_its_files_once()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var vacuum = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            // the lock that a VACUUM has, for hours where it must not be cancelled
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE movies IN SHARE UPDATE EXCLUSIVE MODE", vacuum);
            await hold.ExecuteNonQueryAsync();
            for (var time = 0; time < 3; time++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
                var outcome = await hospital.HealAsync(incident.Id);
                Assert.That(outcome.Deferred, Is.True, outcome.Note);
            }
        }
        var kept = await SnapshotAsync(hospital, incident.Id);
        Assert.That((kept.Kind, kept.Attempt), Is.EqualTo(("relation_files", 1)));
        Assert.That(Directory.GetDirectories(Path.GetDirectoryName(kept.Place)!), Is.EqualTo(new[] { kept.Place }));
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var healed = await hospital.HealAsync(incident.Id);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Note);
        Assert.That((await SnapshotAsync(hospital, incident.Id)).Id, Is.EqualTo(kept.Id));
        Assert.That((await hospital.Factory().Receipts().VerifyAsync(incident.Id, hospital.Target, CancellationToken.None)).Changed, Is.Empty);
    }

    [Test]
    public async Task A_copy_that_is_gone_is_made_again()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var vacuum = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE movies IN SHARE UPDATE EXCLUSIVE MODE", vacuum);
            await hold.ExecuteNonQueryAsync();
            Assert.That((await hospital.HealAsync(incident.Id)).Deferred, Is.True);
            Directory.Delete((await SnapshotAsync(hospital, incident.Id)).Place, recursive: true);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            Assert.That((await hospital.HealAsync(incident.Id)).Deferred, Is.True);
        }
        var rows = await new SnapshotLedger(hospital.Db).OfIncidentAsync(incident.Id, CancellationToken.None);
        Assert.That(rows, Has.Count.EqualTo(2));
        Assert.That(Directory.Exists(rows[1].Place), Is.True);
    }

    [Test]
    public async Task Copies_of_files_leave_room_on_the_disk()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        hospital.FreeSpace = static _ => 200L << 20;
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("no room for the snapshot"));
    }

    [Test]
    public async Task A_disk_that_fills_up_in_mid_copy_escalates_leaves_no_draft_and_a_reopened_one_heals()
    {
        await using var hospital = await Hospital.OpenAsync();
        var disk = Directory.CreateDirectory(Path.Combine(hospital.Options.StateDirectory, "disk")).FullName;
        if (await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk) != 0)
        {
            Assert.Ignore("mounting a small disk is not permitted here");
        }
        try
        {
            (hospital.Options.StateDirectory, hospital.FreeSpace) = (disk, static _ => long.MaxValue);
            await hospital.Damage.Index.ZeroLeafAsync(Index);
            var oid = await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, $"SELECT '{Index}'::regclass::oid");
            var (incident, outcome) = await hospital.HealOnlyAsync();
            Assert.That((incident.State, incident.Attempts), Is.EqualTo((IncidentState.Escalated, 1)), outcome.Note);
            Assert.That(outcome.Note, Does.Contain("no room for the snapshot").And.Contain("the disk is full").And.Contain("state_directory"));
            Assert.That(await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, $"SELECT '{Index}'::regclass::oid"), Is.EqualTo(oid), "nothing was touched");
            Assert.That(Directory.GetFiles(disk, "*", SearchOption.AllDirectories), Is.Empty);

            Assert.That(await RunAsync("mount", "-o", "remount,size=512m", disk), Is.Zero);
            hospital.FreeSpace = null;
            await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ReopenAsync(incident.Id, "anna", "there is room now", CancellationToken.None);
            var again = await hospital.HealAsync(incident.Id);
            Assert.That(again.State, Is.EqualTo(IncidentState.Resolved), again.Note);
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    private static async Task<Hospital> OwnedAsync(string grant)
    {
        var role = $"owner_{Guid.NewGuid():N}";
        var hospital = await Hospital.OpenAsync(500, adjust: t => t.Connection = new NpgsqlConnectionStringBuilder(t.Connection) { Username = role }.ConnectionString);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {role} LOGIN; GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO {role}; ALTER TABLE movies OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, string.Format(System.Globalization.CultureInfo.InvariantCulture, grant, role));
        return hospital;
    }

    private static async Task<SnapshotRow> SnapshotAsync(Hospital hospital, long incident) =>
        (await new SnapshotLedger(hospital.Db).OfIncidentAsync(incident, CancellationToken.None)).Single();

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
