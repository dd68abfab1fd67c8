using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Verification;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class ReceiptTests
{
    private static readonly Dictionary<string, (string Sql, string Named)> Changes = new(StringComparer.Ordinal)
    {
        ["receipt body"] = ("UPDATE healing.receipts SET body = replace(body, 'CONCURRENTLY', 'concurrently')", "receipts"),
        ["receipt time"] = ("UPDATE healing.receipts SET at = at + interval '1 microsecond'", "receipts"),
        ["incident detail"] = ("UPDATE healing.incidents SET detail = detail || '.'", "incidents: detail"),
        ["incident evidence"] = ("UPDATE healing.incidents SET evidence = '{\"a\": 1}'", "incidents: evidence"),
        ["closed later"] = ("UPDATE healing.incidents SET closed_at = closed_at + interval '1 microsecond'", "incidents: closed_at"),
        ["statements"] = ("UPDATE healing.attempts SET statements = '[]'", "attempts 1: statements"),
        ["verification"] = ("UPDATE healing.attempts SET verification = 'fine'", "attempts 1: verification"),
        ["snapshot hash"] = ("UPDATE healing.snapshots SET sha256 = 'x'", "sha256"),
        ["audit row"] = ("UPDATE healing.audit_log SET actor = 'nobody' WHERE id = (SELECT max(id) FROM healing.audit_log WHERE incident_id = 1)", "actor"),
        ["audit row gone"] = ("DELETE FROM healing.audit_log WHERE id = (SELECT min(id) FROM healing.audit_log WHERE incident_id = 1)", "is gone"),
        ["receipt gone"] = ("DELETE FROM healing.receipts WHERE seq = 1", "receipt 1 is missing"),
    };

    [Test]
    public async Task Any_change_of_ledger_or_snapshot_is_named()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        var sound = await VerifyAsync(hospital, incident.Id);
        Assert.That(sound.Changed, Is.Empty);
        Assert.That(sound.Recomputed, Has.Some.Contains("every byte of snapshot").And.Some.Contains("present state"));
        Assert.That(sound.NotRecomputed, Is.Empty);

        // a second receipt, so that a missing first one leaves a gap
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_lower_idx");
        Assert.That((await hospital.HealOnlyAsync()).Incident.State, Is.EqualTo(IncidentState.Resolved));
        foreach (var (what, (sql, named)) in Changes)
        {
            var copy = $"{hospital.LedgerDatabase}_copy";
            Npgsql.NpgsqlConnection.ClearAllPools();
            await hospital.Db.DisposeAsync();
            await Hospital.Cluster.ExecuteAsync("postgres", $"CREATE DATABASE {copy} TEMPLATE {hospital.LedgerDatabase}");
            await Hospital.Cluster.ExecuteAsync(copy, "SET session_replication_role = replica; " + sql);
            await using (var db = new Jobs.Ledger.LedgerDb(Hospital.Cluster.ConnectionString(copy)))
            {
                var verdict = await new ReceiptVerifier(db, new(db), new(db), hospital.Factory().Recheck, hospital.Factory().Snapshots.Storage).VerifyAsync(incident.Id, hospital.Target, CancellationToken.None);
                Assert.That(verdict.Changed, Has.Some.Contains(named), what);
            }
            await Hospital.Cluster.ExecuteAsync("postgres", $"DROP DATABASE {copy} WITH (FORCE)");
        }
    }

    [Test]
    public async Task Any_changed_byte_of_a_snapshot_is_named()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, _) = await hospital.HealOnlyAsync();
        foreach (var file in Directory.GetFiles(hospital.Factory().Snapshots.Root, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var at in new[] { 0, bytes.Length / 2, bytes.Length - 1 })
            {
                bytes[at] ^= 1;
                await File.WriteAllBytesAsync(file, bytes);
                Assert.That((await VerifyAsync(hospital, incident.Id)).Changed, Has.Some.Contains(Path.GetFileName(file)), $"{file} at {at}");
                bytes[at] ^= 1;
                await File.WriteAllBytesAsync(file, bytes);
            }
        }
        Assert.That((await VerifyAsync(hospital, incident.Id)).Holds, Is.True);
    }

    private static Task<ReceiptVerdict> VerifyAsync(Hospital hospital, long incident) => hospital.Factory().Receipts().VerifyAsync(incident, hospital.Target, CancellationToken.None);
}
