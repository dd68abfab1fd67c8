using System.Net;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class RightsTests
{
    [Test]
    public async Task A_catalogue_index_waits_for_approval_and_is_rebuilt_in_place()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("pg_catalog.pg_description_o_c_o_index");
        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        Assert.That(incident.Repair, Is.EqualTo("rebuild_index_locking"));
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(incident.Id, "somebody", "read it", CancellationToken.None);
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().Statements, Does.Contain("REINDEX INDEX pg_catalog.pg_description_o_c_o_index"));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task Without_access_to_files_evidence_is_kept_and_the_proof_is_in_memory_only()
    {
        await using var hospital = await OwnedAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("verified in memory only"));
        var receipt = (await new ReceiptLedger(hospital.Db).OfIncidentAsync(incident.Id, CancellationToken.None)).Single();
        Assert.That((string?)JsonNode.Parse(receipt.Body)!["snapshot"]!["kind"], Is.EqualTo("evidence"));
    }

    [Test]
    public async Task A_role_that_may_not_rebuild_is_told_what_to_grant()
    {
        await using var hospital = await OwnedAsync();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "ALTER TABLE movies OWNER TO postgres");
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Match("may not rebuild public.movies_title_idx: GRANT postgres TO owner_"));
        Assert.That(await hospital.AttemptsAsync(incident.Id), Is.Empty);
    }

    [Test]
    public async Task A_waived_snapshot_is_said_to_be_one()
    {
        await using var hospital = await Hospital.OpenAsync();
        hospital.Options.AutoHealing.SnapshotBeforeRepair = false;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, _) = await hospital.HealOnlyAsync();
        var receipt = (await new ReceiptLedger(hospital.Db).OfIncidentAsync(incident.Id, CancellationToken.None)).Single();
        Assert.That((string?)JsonNode.Parse(receipt.Body)!["snapshot"]!["statement"], Is.EqualTo("waived by configuration"));
    }

    [Test]
    public async Task An_escalation_reaches_the_webhook_once()
    {
        await using var hospital = await Hospital.OpenAsync();
        using var listener = new HttpListener();
        hospital.Options.Alerts.Webhook = $"http://127.0.0.1:{FreePort.Pick()}/";
        listener.Prefixes.Add(hospital.Options.Alerts.Webhook);
        listener.Start();
        hospital.FreeSpace = _ => 0;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        await hospital.HealOnlyAsync();
        using var http = new HttpClient();
        var sending = hospital.Factory().Alerts(http, "worker").RunAsync(CancellationToken.None);
        var call = await listener.GetContextAsync();
        var body = JsonNode.Parse(await new StreamReader(call.Request.InputStream).ReadToEndAsync())!;
        call.Response.StatusCode = 204;
        call.Response.Close();
        Assert.That(await sending, Is.EqualTo(3), "the webhook once, and the log, which is told of the opening too");
        Assert.That((string?)body["event"], Is.EqualTo("escalated"));
        Assert.That((string?)body["what_to_do"], Does.Contain("healing incidents show"));
        Assert.That(await hospital.Factory().Alerts(http, "worker").RunAsync(CancellationToken.None), Is.Zero);
    }

    /// <summary>The tables belong to a role that is no superuser, and it is the one that repairs.</summary>
    private static async Task<Hospital> OwnedAsync()
    {
        var role = $"owner_{Guid.NewGuid():N}";
        var hospital = await Hospital.OpenAsync(adjust: t => t.Connection = new Npgsql.NpgsqlConnectionStringBuilder(t.Connection) { Username = role }.ConnectionString);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {role} LOGIN; GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO {role}; ALTER TABLE movies OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}");
        return hospital;
    }
}
