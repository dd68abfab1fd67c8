using Dapper;
using HealingWorkers.Integration.Tests.Browser;
using HealingWorkers.Integration.Tests.Dashboard.Access;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>Pages that need something to show: the login, a target with backups, proofs and standbys, samples of an incident, an audit log that holds and one that does not.</summary>
[TestFixture, NonParallelizable]
public sealed class LooksTests
{
    [Test]
    public async Task They_are_good_in_light_and_dark_and_on_a_phone()
    {
        await using var guarded = await Guarded.OpenAsync();
        var incident = await FillAsync(guarded.Stage.Db);
        await using var browser = await Browsing.OpenAsync(guarded.Address);
        foreach (var (look, dark, phone) in ((string, bool, bool)[])[("light", false, false), ("dark", true, false), ("phone", false, true)])
        {
            var page = await browser.PageAsync(dark, phone);
            await page.GotoAsync("/targets/movies");
            await LookAsync(page, $"login-{look}");
            await page.GetByLabel("Name").FillAsync("anna");
            await page.GetByLabel("Password").FillAsync("no");
            await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
            await LookAsync(page, $"login-refused-{look}");
            await page.GetByLabel("Password").FillAsync(Guarded.Password);
            await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
            await Expect(page.GetByText("a restore has proven it")).ToBeVisibleAsync();
            await Expect(page.GetByText("streaming").First).ToBeVisibleAsync();
            await LookAsync(page, $"target-full-{look}");
            await page.GotoAsync($"/incidents/{incident}");
            await Expect(page.GetByText("Waiting for a lock")).ToBeVisibleAsync();
            await LookAsync(page, $"incident-samples-{look}");
            await page.GotoAsync("/audit");
            await Expect(page.GetByText("The audit log is verified up to link")).ToBeVisibleAsync();
            await LookAsync(page, $"audit-holds-{look}");
        }
        // a refused login answers 401, which the browser's console repeats
        Assert.That(browser.Console.Where(said => !said.Contains("/login", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task An_audit_log_that_was_changed_says_so_at_first_sight()
    {
        await using var stage = await Stage.OpenAsync();
        await FillAsync(stage.Db);
        await using (var connection = await stage.Db.Source.OpenConnectionAsync())
            await connection.ExecuteAsync("SET session_replication_role = replica; UPDATE healing.audit_log SET actor = 'eve' WHERE id = 2; DELETE FROM healing.audit_log WHERE id = 3; RESET session_replication_role");
        await using var browser = await Browsing.OpenAsync(stage.Http.BaseAddress!);
        foreach (var (look, dark, phone) in ((string, bool, bool)[])[("light", false, false), ("dark", true, false), ("phone", false, true)])
        {
            var page = await browser.PageAsync(dark, phone);
            await page.GotoAsync("/audit");
            await Expect(page.GetByText("entry 3 is gone")).ToBeVisibleAsync();
            await LookAsync(page, $"audit-broken-{look}");
        }
    }

    private static async Task LookAsync(IPage page, string name)
    {
        await Browsing.ShootAsync(page, name);
        await Browsing.AssertGoodAsync(page);
    }

    private static async Task<long> FillAsync(LedgerDb db)
    {
        var story = new Story(db);
        var incident = await story.DamageAsync("movies_title_idx");
        await story.HealAsync(incident);
        await new TargetLooks(db).SaveAsync(incident.TargetId, new TargetLook(734_003_200, true, false,
            [new StandbySeen { Name = "db2", Address = "10.0.0.12", State = "streaming", Sync = "async", LagBytes = 16_384 }],
            [new RightLacking(RightOf.Check, "watcher", "monitor", "Sight of other roles' sessions and of settings", ["leftovers", "age"], null, "GRANT pg_monitor TO watcher;")])
        {
            Watched =
            [
                new StandbyLook { Name = "db2", InRecovery = true, Receiving = true, Timeline = 1, Slot = "db2", SlotState = "active", Sync = "async", LagBytes = 16_384, LagSeconds = 0.4 },
                new StandbyLook { Name = "db3", Problem = "it does not answer: Connection refused (10.0.0.13:5432)" },
            ],
        }, default);
        await using var connection = await db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO healing.backups (target_id, system_identifier, provider, state, started_at, ended_at, host, place, bytes, server_version, error)
            VALUES (@target, '7000000000000000001', 'pg_basebackup', 'complete', now() - interval '2 days', now() - interval '47 hours', 'db1', '/var/lib/healing/backups/movies-2026-11-20T02-00-00Z-7f3a', 812646400, 150000, NULL),
                   (@target, '7000000000000000001', 'pg_basebackup', 'complete', now() - interval '1 day', now() - interval '23 hours', 'db1', '/var/lib/healing/backups/movies-2026-11-21T02-00-00Z-91bc', 813694976, 150000, NULL),
                   (@target, '7000000000000000001', 'pg_dump', 'failed', now() - interval '1 hour', now(), 'db1', '/var/lib/healing/backups/movies-2026-11-22T02-00-00Z-0d11', NULL, 150000, 'pg_dump: error: connection to server at "10.0.0.11", port 5432 failed: FATAL: the database system is shutting down');
            INSERT INTO healing.restore_tests (backup_id, started_at, ended_at, host, outcome, phases, checksums, bytes, report, error)
            SELECT id, started_at + interval '1 hour', started_at + interval '63 minutes', 'db1', CASE WHEN n = 1 THEN 'failed' ELSE 'proven' END,
                   '[{"phase": "restore", "seconds": 61.5}, {"phase": "recover", "seconds": 12.1}, {"phase": "check", "seconds": 88.2}, {"phase": "count", "seconds": 9.9}]', 'verified', bytes, '{}',
                   CASE WHEN n = 1 THEN 'public.ratings: 11,903,117 rows were counted when it was taken, and 11,903,090 are in the restored copy' END
            FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM healing.backups WHERE state = 'complete') AS b;
            INSERT INTO healing.incident_samples (incident_id, moment, at, body)
            VALUES (@id, 'start', now() - interval '1 minute', '{"activity": {"sessions": 42, "active": 7, "waiting_for_a_lock": 3, "longest_query_seconds": 61.2}, "pool": {"places": 100}, "waits": [{"event": "relation", "sessions": 3}, {"event": "DataFileRead", "sessions": 2}]}'),
                   (@id, 'end', now(), '{"activity": {"sessions": 40, "active": 2, "waiting_for_a_lock": 0, "longest_query_seconds": 0.2}, "pool": {"places": 100}, "waits": []}')
            ON CONFLICT DO NOTHING
            """, new { target = incident.TargetId, id = incident.Id });
        return incident.Id;
    }
}
