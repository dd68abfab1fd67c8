using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A server that cannot grant single settings yet, and knows no function that asks for that.</summary>
[TestFixture]
internal sealed class OldestServerTests
{
    private const string Index = "movies_tmdb_id_key";

    [Test]
    public async Task Duplicates_of_a_table_that_others_refer_to_are_resolved_by_a_superuser_and_by_nobody_else()
    {
        if (PgBinaries.All().LastOrDefault(b => b.Major < 15) is not { } old)
        {
            Assert.Ignore("no PostgreSQL 14 is here: deploy/scripts/get-postgres.sh 14");
            return;
        }
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Binaries = old });
        await MoviesSchema.CreateAsync(cluster, "movies", 200);
        await cluster.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
        await cluster.CreateDatabaseAsync("ledger");
        await new Migrator(cluster.ConnectionString("ledger"), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var casts = await cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM casts");
        await new Damage(cluster, "movies").Unique.DuplicateRowsAsync(Index, 2, indexed: false, new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 1000000" });

        await using var db = new LedgerDb(cluster.ConnectionString("ledger"));
        var state = Directory.CreateTempSubdirectory("healing-tests-");
        try
        {
            var options = new HealingOptions { Targets = [new TargetOptions { Name = "movies", Connection = cluster.ConnectionString("movies") }], StateDirectory = state.FullName };
            options.Snapshots.BaseBackup = BaseBackupRule.Never;
            options.Rehearsal.Rule = RehearsalRule.Never;
            await using var target = new Target(options.Targets[0], TimeProvider.System);
            var incident = await FoundAsync(db, target);

            await cluster.ExecuteAsync("movies",
                """
                CREATE ROLE mender LOGIN;
                DO $$ DECLARE t regclass; BEGIN
                    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER TABLE %s OWNER TO mender', t); END LOOP;
                END $$
                """);
            await using var poor = new Target(new TargetOptions { Name = "movies", Connection = new NpgsqlConnectionStringBuilder(options.Targets[0].Connection) { Username = "mender" }.ConnectionString }, TimeProvider.System);
            var refused = await new PlanPreview(new TargetSet([poor]), HealerFactory.Repairs([], new RepairLimits())).OfAsync(incident, CancellationToken.None);
            Assert.That(refused.Refuse, Does.Contain("they must keep still while one of two equal rows goes"));

            var factory = new HealerFactory(options, db, new TargetSet([target]), [new BtreeCheck(), new DuplicateKeysCheck()], TimeProvider.System, NullLoggerFactory.Instance);
            var outcome = await factory.Create(HealerSettings.Of(options) with { ApproveAll = true, NeverWait = true }).HealAsync(incident.Id, "worker", CancellationToken.None);

            Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
            Assert.That(await cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM movies"), Is.EqualTo(200));
            Assert.That(await cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM healing_quarantine.rows"), Is.EqualTo(2));
            Assert.That(await cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM casts"), Is.EqualTo(casts));
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    [Test]
    public async Task A_trigger_that_a_partition_has_of_its_parent_is_in_the_way()
    {
        if (PgBinaries.All().LastOrDefault(b => b.Major < 15) is not { } old)
        {
            Assert.Ignore("no PostgreSQL 14 is here: deploy/scripts/get-postgres.sh 14");
            return;
        }
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Binaries = old });
        await cluster.CreateDatabaseAsync("shop");
        await cluster.ExecuteAsync("shop",
            """
            CREATE TABLE kinds (id int PRIMARY KEY);
            CREATE TABLE orders (id int UNIQUE DEFERRABLE, kind int REFERENCES kinds, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE orders_few PARTITION OF orders FOR VALUES FROM (0) TO (100);
            CREATE TABLE lines (order_id int REFERENCES orders ON DELETE CASCADE);
            CREATE FUNCTION also() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM lines; RETURN NULL; END'
            """);
        await using var connection = await cluster.OpenAsync("shop");
        Assert.That(await ObstaclesAsync(cluster, connection), Is.Empty, "its keys are none");

        await cluster.ExecuteAsync("shop", "CREATE TRIGGER follows AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION also(); CREATE CONSTRAINT TRIGGER late AFTER DELETE ON orders DEFERRABLE FOR EACH ROW EXECUTE FUNCTION also()");
        Assert.That(await ObstaclesAsync(cluster, connection), Has.Count.EqualTo(2).And.Some.Contains("the trigger follows of public.orders_few").And.Some.Contains("the trigger late of public.orders_few"));

        await cluster.ExecuteAsync("shop", "ALTER TABLE orders DISABLE TRIGGER follows; ALTER TABLE orders DISABLE TRIGGER late");
        Assert.That(await ObstaclesAsync(cluster, connection), Is.Empty);
    }

    private static async Task<IReadOnlyList<string>> ObstaclesAsync(PgCluster cluster, NpgsqlConnection connection) =>
        await TableObstacles.OfAsync(connection, await cluster.ScalarAsync<long>("shop", "SELECT 'orders_few'::regclass::oid::bigint"), RowAction.Delete, CancellationToken.None);

    private static async Task<Incident> FoundAsync(LedgerDb db, Target target)
    {
        var ledger = new IncidentLedger(db);
        var id = await ledger.RegisterTargetAsync("movies", await target.FactsAsync(CancellationToken.None), CancellationToken.None);
        var report = await new DuplicateKeysCheck().RunAsync(new(target, CheckScope.All) { Memory = new CheckMemory(db) }, CancellationToken.None);
        return (await ledger.TakeInAsync(id, report, null, 3, "test", CancellationToken.None)).Opened.Single(i => i.Kind == FindingKind.DuplicateKeys);
    }
}
