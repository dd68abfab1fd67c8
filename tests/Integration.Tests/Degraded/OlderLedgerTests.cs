using HealingWorkers.Drill;
using HealingWorkers.Drill.Outages;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Degraded;

/// <summary>
/// A rolling update: the new program beside an old one, with the ledger held where the old one can live; then up while it runs, and down again.
/// What has no table yet is named, and nothing falls over it.
/// </summary>
[TestFixture]
public sealed class OlderLedgerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task It_lives_at_the_oldest_revision_it_can_and_grows_and_shrinks_while_it_runs()
    {
        var oldest = MigrationSet.Embedded.All.Last(m => !m.Optional).Revision;
        Assert.That(oldest, Is.LessThan(MigrationSet.Embedded.Newest), "there is nothing optional to be without");
        await using var stage = await OutageStage.OpenAsync(Path.Combine(AppContext.BaseDirectory, "healing"), ["elder"], seconds: 5, revision: oldest, more: ", protect: read_only");
        var migrator = new Migrator(stage.Control.ConnectionString(OutageStage.Ledger), TimeProvider.System);
        using var http = new HttpClient { BaseAddress = new Uri(stage.Address) };
        await stage.Target.ExecuteAsync("elder", "CREATE TABLE items (id int PRIMARY KEY)");

        await stage.BeginCheckAsync("elder");
        await Poll.UntilAsync(async _ => (await stage.FoundAsync("elder")).Incidents == 1, Patience, "what the check finds, taken in by an older ledger");
        await using (var metrics = stage.Run("metrics", "--since", "1h"))
        {
            Assert.That(await metrics.WaitForExitAsync(Patience), Is.EqualTo(1));
            Assert.That(string.Join('\n', metrics.Error), Does.Contain("not available until the ledger is at revision 10"));
        }
        await AnswersAsync(http, "/targets/elder", "not available until the ledger is at revision 10");
        await AnswersAsync(http, "/incidents/1", "not available until the ledger is at revision 10");
        foreach (var path in (string[])["/", "/incidents", "/jobs", "/workers", "/schedules", "/targets", "/quarantine", "/audit", "/api/v1/targets", "/api/v1/incidents", "/metrics"])
            await AnswersAsync(http, path, "");
        Assert.That((int)(await http.GetAsync("/api/v1/incidents/1/samples")).StatusCode, Is.EqualTo(503));

        await CriticalAsync(stage);
        await migrator.GoToAsync(MigrationSet.Embedded.Newest, CancellationToken.None);
        await Poll.UntilAsync(async ct => await stage.Control.ScalarAsync<string>(OutageStage.Ledger, "SELECT min(state) FROM healing.protections", ct: ct) == "set", Patience, "the protection that waited for its table");
        await AnswersAsync(http, "/targets/elder", "New sessions are read-only");

        await migrator.GoToAsync(oldest, CancellationToken.None);
        await AnswersAsync(http, "/targets/elder", "not available until the ledger is at revision 10");
        await stage.BeginCheckAsync("elder");
        Assert.That(stage.Workers.Append(stage.Dashboard).Count(p => p.HasExited), Is.Zero);

        await migrator.GoToAsync(MigrationSet.Embedded.Newest, CancellationToken.None);
        await Poll.UntilAsync(async ct => await stage.Control.ScalarAsync<string>(OutageStage.Ledger, "SELECT min(state) FROM healing.protections", ct: ct) == "set", Patience, "its own token to be known again");
        await stage.Control.ExecuteAsync(OutageStage.Ledger, "UPDATE healing.incidents SET state = 'Closed', closed_at = clock_timestamp() WHERE severity = 'critical'");
        await Poll.UntilAsync(async ct => await stage.Target.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = 'elder'", ct: ct) == 0, Patience, "the setting to be taken back");
    }

    private static async Task AnswersAsync(HttpClient http, string path, string text)
    {
        var body = "";
        await Poll.UntilAsync(async ct =>
        {
            using var answer = await http.GetAsync(path, ct);
            body = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}";
            return answer.IsSuccessStatusCode && body.Contains(text, StringComparison.Ordinal);
        }, TimeSpan.FromSeconds(20), $"{path} to say '{text}'");
        Assert.That(body, Does.Contain(text));
    }

    /// <summary>Something critical, as a check would have found it.</summary>
    private static Task CriticalAsync(OutageStage stage) => stage.Control.ExecuteAsync(OutageStage.Ledger,
        """
        INSERT INTO healing.incidents (target_id, fingerprint, kind, severity, check_name, object_oid, object, detail, state, attempts_allowed)
        SELECT id, 'made up', 'heap_page_invalid', 'critical', 'heap', 1, 'public.items', 'made up', 'Escalated', 3 FROM healing.targets WHERE name = 'elder'
        """);
}
