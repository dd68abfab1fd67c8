using HealingWorkers.Integration.Tests.Backups;
using HealingWorkers.Integration.Tests.Data;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A repair that takes rows away is tried on a copy first; the live database follows only where that went well.</summary>
[TestFixture]
internal sealed class RehearsalTests
{
    private ProofStage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await ProofStage.OpenAsync();
        _stage.Target.Options.Rules.ForeignKeys.Add(new() { From = ColumnList.Parse("public.movies.tmdb_id"), To = ColumnList.Parse("public.external_metadata.id"), OnOrphan = RuleAction.Quarantine });
    }

    [OneTimeTearDown]
    public Task CloseAsync() => _stage.DisposeAsync().AsTask();

    [Test]
    public async Task It_goes_well_on_a_copy_fails_on_one_and_goes_on_without_one_only_where_it_may()
    {
        var (well, wellState) = await HealAsync(1, RehearsalRule.WhenPossible);
        Assert.That(wellState, Is.EqualTo(IncidentState.Resolved), well);
        Assert.That(well, Does.Match(@"""rehearsal"":""rehearsed on a copy: \d+\.\d s"""));
        Assert.That(await _stage.LedgerAsync<string>("SELECT message FROM healing.audit_log WHERE message LIKE '%step(s)%' ORDER BY id DESC LIMIT 1"), Does.Contain("; rehearsed on a copy: "));
        Assert.That(Directory.GetDirectories(_stage.Clones), Is.Empty, "the copy is gone");
        Assert.That(await OrphansAsync(), Is.Zero);

        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.Never;
        var (without, withoutState) = await HealAsync(2, RehearsalRule.WhenPossible);
        Assert.That((withoutState, without.Contains("\"rehearsal\":\"not rehearsed: no copy of the server was kept\"", StringComparison.Ordinal)), Is.EqualTo((IncidentState.Resolved, true)), without);
        var (strict, strictState) = await HealAsync(3, RehearsalRule.Always);
        Assert.That((strictState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 1L)), strict);
        Assert.That(strict, Does.Contain("without a rehearsal there is no such repair here"));
        await _stage.Cluster.ExecuteAsync("movies", "INSERT INTO external_metadata (id, source, payload) VALUES (100003, 'back', '{}')");
        _stage.Options.Snapshots.BaseBackup = BaseBackupRule.WhenPossible;

        // only a copy listens on the usual port
        await _stage.Cluster.ExecuteAsync("movies", "CREATE FUNCTION public.not_there() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF current_setting('port') = '5432' THEN RAISE EXCEPTION 'it breaks here'; END IF; RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON healing_quarantine.rows DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.not_there()");
        var (bad, badState) = await HealAsync(4, RehearsalRule.WhenPossible);
        Assert.That((badState, await OrphansAsync()), Is.EqualTo((IncidentState.Escalated, 1L)), bad);
        Assert.That(bad, Does.Contain("it failed on a copy of the server, and the live one was left alone").And.Contain("it breaks here"));
    }

    private Task<long> OrphansAsync() => _stage.Cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM movies m WHERE NOT EXISTS (SELECT FROM external_metadata e WHERE e.id = m.tmdb_id)");

    /// <summary>One orphan, found and healed once; the last receipt and the state.</summary>
    private async Task<(string Receipt, IncidentState State)> HealAsync(int movie, RehearsalRule rule)
    {
        _stage.Options.Rehearsal.Rule = rule;
        _stage.Options.Snapshots.ShareFor = TimeSpan.Zero;
        await _stage.Cluster.ExecuteAsync("movies", $"DELETE FROM external_metadata WHERE id = {100_000 + movie}");
        var id = await _stage.Incidents.RegisterTargetAsync("movies", await _stage.Target.FactsAsync(default), default);
        await _stage.Incidents.TakeInAsync(id, await new ForeignKeysCheck().RunAsync(new(_stage.Target, CheckScope.All), default), null, 3, "test", default);
        var open = (await _stage.Incidents.ListAsync(new IncidentFilter { OpenOnly = true }, default)).OrderByDescending(i => i.Id).First();
        if (open.State == IncidentState.Escalated)
        {
            await new IncidentDecisions(_stage.Incidents, 3).ReopenAsync(open.Id, "test", "again", default);
        }
        var factory = new HealerFactory(_stage.Options, _stage.Db, new TargetSet([_stage.Target]), [new ForeignKeysCheck()], TimeProvider.System, NullLoggerFactory.Instance);
        var settings = HealerSettings.Of(_stage.Options) with { NeverWait = true, FirstPause = TimeSpan.FromMilliseconds(1) };
        await factory.Create(settings).HealAsync(open.Id, "worker", default);
        var now = (await _stage.Incidents.FindAsync(open.Id, default))!;
        var receipts = await new ReceiptLedger(_stage.Db).OfIncidentAsync(open.Id, default);
        return ($"{(receipts.Count > 0 ? receipts[^1].Body : "no receipt")} {now.Reason}", now.State);
    }
}
