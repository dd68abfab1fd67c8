using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Worker.Commands;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>The commands with the real checks, as somebody types them.</summary>
[TestFixture]
internal sealed class HealCommandTests
{
    [Test]
    public async Task HealFindsHealsProvesAndItsReceiptHolds()
    {
        await using var hospital = await Hospital.OpenAsync();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DROP EXTENSION amcheck");
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var connection = Hospital.Cluster.ConnectionString(hospital.Database);

        var (code, text) = await hospital.CommandAsync("heal", "--connection", connection, "--format", "json");
        Assert.That(code, Is.Zero, text);
        var incident = JsonNode.Parse(text)!["incidents"]!.AsArray().Single()!;
        Assert.That((string?)incident["state"], Is.EqualTo("Resolved"));
        Assert.That((bool)incident["verified"]!, Is.True);
        Assert.That((string?)incident["receipt"], Does.Match("^[0-9a-f]{64}$"));
        await hospital.AssertSoundAsync();

        var id = incident["id"]!.ToString();
        Assert.That((await hospital.CommandAsync("receipt", id, "--verify")).Code, Is.Zero);
        var (shown, list) = await hospital.CommandAsync("incidents", "list", "--all", "--format", "json");
        Assert.That((shown, JsonNode.Parse(list)!.AsArray().Count), Is.EqualTo((0, 1)));
        await Hospital.Cluster.ExecuteAsync(hospital.LedgerDatabase, $"UPDATE healing.incidents SET detail = 'nothing' WHERE id = {id}");
        var (changed, named) = await hospital.CommandAsync("receipt", id, "--verify");
        Assert.That(changed, Is.EqualTo(2));
        Assert.That(named, Does.Contain("incidents: detail"));
    }

    [Test]
    public async Task WhatKeepsAmcheckFromBeingInstalledHidesNothing()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DROP EXTENSION amcheck");
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        const string Depender = "pg_catalog.pg_depend_depender_index";
        await hospital.Damage.Index.ZeroLeafAsync(Depender, await hospital.Damage.Index.LeafCountAsync(Depender) - 1);
        var refused = (await Assert.CatchAsync<PostgresException>(() => Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE EXTENSION amcheck")))!;
        Assert.That(refused.SqlState, Is.EqualTo(SqlState.IndexCorrupted), "the catalogue is in the way");

        var (code, text) = await hospital.CommandAsync("heal", "--connection", Hospital.Cluster.ConnectionString(hospital.Database), "--approve-all", "--format", "json");
        Assert.That(code, Is.Zero, text);
        var healed = JsonNode.Parse(text)!["incidents"]!.AsArray().Select(i => ((string)i!["object"]!, (string)i["state"]!, (bool)i["verified"]!));
        Assert.That(healed, Is.EquivalentTo(new[] { (Depender, "Resolved", true), ("public.movies_title_idx", "Resolved", true) }), text);
        var unavailable = JsonNode.Parse(text)!["checks"]!.AsArray().Where(c => (string?)c!["status"] == "Unavailable").Select(c => (string?)c!["reason"]);
        Assert.That(unavailable, Has.None.Contains("is not installed in"), text);
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task WhatWasLeftAloneForDamageIsLookedAtOnceThatIsRepaired()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Orphans.WithoutTriggersAsync("INSERT INTO casts VALUES (1, 999999, 'nobody')");
        await hospital.Damage.Index.ZeroLeafAsync("people_pkey");
        var connection = Hospital.Cluster.ConnectionString(hospital.Database);
        var (looked, told) = await hospital.CommandAsync("heal", "--connection", connection, "--dry-run");
        Assert.That((looked, told.Contains("orphan_rows", StringComparison.Ordinal)), Is.EqualTo((2, false)), told);

        var (code, text) = await hospital.CommandAsync("heal", "--connection", connection, "--approve-all", "--format", "json");
        Assert.That(code, Is.Zero, text);
        var healed = JsonNode.Parse(text)!["incidents"]!.AsArray().Select(i => ((string)i!["kind"]!, (string)i["object"]!, (string)i["state"]!));
        Assert.That(healed, Is.EquivalentTo(new[] { ("btree_corrupt", "public.people_pkey", "Resolved"), ("orphan_rows", "public.casts", "Resolved") }), text);
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task OnlyWhatIsNeededIsCreated()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var connection = Hospital.Cluster.ConnectionString(hospital.Database);
        const string Extensions = "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension WHERE extname IN ('amcheck', 'pg_visibility', 'pg_surgery')";
        var (code, text) = await hospital.CommandAsync("heal", "--connection", connection);
        Assert.That(code, Is.Zero, text);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, Extensions), Is.EqualTo("amcheck,pg_visibility"), "no row was worked on");

        await hospital.Damage.Row.XminInvalidAsync("external_metadata", new RowPlace(1, 7));
        var (healed, told) = await hospital.CommandAsync("heal", "--connection", connection);
        Assert.That(healed, Is.Zero, told);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, Extensions), Is.EqualTo("amcheck,pg_surgery,pg_visibility"));
    }

    [Test]
    public async Task WhatIsGoneWithAnotherRepairIsLookedAtAgainBeforeAPersonIsCalled()
    {
        await using var hospital = await Hospital.OpenAsync(500, realChecks: true);
        var ledger = new IncidentLedger(hospital.Db);
        var facts = await hospital.Target.FactsAsync(CancellationToken.None);
        var casts = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'casts'::regclass::oid::bigint");
        var seen = Finding.Of("counts", FindingKind.IndexCountDiffers, facts.Id, new(casts, "public.casts"), "as long as the index was damaged");
        var symptom = (await hospital.TakeInAsync(new("counts", CheckStatus.Damaged, TimeSpan.Zero, null, [seen], []))).Single();
        await hospital.Damage.Index.ZeroLeafAsync("casts_pkey");
        var cause = (await hospital.CheckAsync(new BtreeCheck())).Single(i => i.Kind == FindingKind.BtreeCorrupt);
        var looked = new List<string>();
        var look = new LookAfterRepairs(ledger, check =>
        {
            looked.Add(check.Description.Name);
            return check.RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None);
        }, report => hospital.TakeInAsync(report));

        await look.RunAsync([symptom.Id, cause.Id], CancellationToken.None);
        Assert.That((looked, (await hospital.FindAsync(symptom.Id)).State), Is.EqualTo((Array.Empty<string>(), IncidentState.Detected)), "nothing was repaired yet");

        var outcome = await hospital.HealAsync(cause.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await look.RunAsync([symptom.Id, cause.Id], CancellationToken.None);
        Assert.That(looked, Is.EqualTo(new[] { "counts", "counts" }), "twice, and no other check");
        var gone = await hospital.FindAsync(symptom.Id);
        Assert.That((gone.State, gone.Reason), Is.EqualTo((IncidentState.Resolved, "gone by itself: 2 looks in a row found nothing")));
    }

    [Test]
    public async Task ADryRunShowsThePlanAndChangesNothing()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var oid = await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT 'movies_title_idx'::regclass::oid");
        var (code, text) = await hospital.CommandAsync("heal", "--connection", Hospital.Cluster.ConnectionString(hospital.Database), "--dry-run");
        Assert.That(code, Is.EqualTo(2), text);
        Assert.That(text, Does.Contain("REINDEX INDEX CONCURRENTLY public.movies_title_idx"));
        Assert.That(await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT 'movies_title_idx'::regclass::oid"), Is.EqualTo(oid));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.LedgerDatabase, "SELECT count(*) FROM healing.incidents"), Is.Zero);
    }

    [Test]
    public async Task WhatIsLeftOpenIsExitTwo()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Unique.DuplicateRowsAsync("movies_tmdb_id_key", overrides: new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 1000000" });
        var (code, text) = await hospital.CommandAsync("heal", "--connection", Hospital.Cluster.ConnectionString(hospital.Database));
        Assert.That(code, Is.EqualTo(2), text);
        Assert.That(text, Does.Contain("AwaitingApproval").And.Contain("duplicate_keys"));
    }
}
