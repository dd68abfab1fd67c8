using HealingWorkers.Drill;
using HealingWorkers.Drill.Scale;
using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Scale;

/// <summary>A server whose ledger has a long past, and a dashboard over it; one for all tests of this folder.</summary>
[SetUpFixture]
public sealed class LongPast
{
    public const int Runs = 40_000;
    public const int Incidents = 4000;
    private const string Name = "control";

    private static PgCluster? _cluster;
    private static Stage? _stage;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    internal static Stage Stage => _stage ?? throw new InvalidOperationException("No dashboard yet.");

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _cluster = await PgCluster.StartNewAsync(new PgClusterOptions
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_preload_libraries"] = "pg_stat_statements", ["shared_buffers"] = "128MB", ["max_wal_size"] = "2GB", ["autovacuum"] = "off" },
        });
        await _cluster.CreateDatabaseAsync(Name);
        await _cluster.ExecuteAsync(Name, "CREATE EXTENSION pg_stat_statements");
        await new Migrator(_cluster.ConnectionString(Name), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        await FilledLedger.FillAsync(_cluster.ConnectionString(Name), Runs, Incidents);
        await ExplainLog.TurnOnAsync(_cluster, Name);
        _stage = await Stage.OpenAsync(_cluster.ConnectionString(Name), options =>
        {
            foreach (var target in FilledLedger.Targets)
                options.Targets.Add(new TargetOptions { Name = target, Connection = "Host=127.0.0.1;Port=1" });
        });
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_stage is not null)
            await _stage.DisposeAsync();
        await Cluster.DisposeAsync();
    }

    /// <summary>What the database was asked so far, but for whether it is there, and for what the tests do themselves.</summary>
    public static Task<long> StatementsAsync() => Cluster.ScalarAsync<long>(Name, """
        SELECT sum(calls)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
        WHERE d.datname = 'control' AND s.query LIKE '%healing.%' AND s.query NOT LIKE '%by a test%' AND s.query NOT LIKE '%pg_stat_statements%'
        """);

    /// <summary>Somebody decides something, and a run ends.</summary>
    public static Task ChangeAsync() => Cluster.ExecuteAsync(Name, """
        /* by a test */ INSERT INTO healing.audit_log (event_type, severity, message, actor, target_id, incident_id) VALUES ('incident.changed', 'info', 'it moved', 'test', 1, 1);
        /* by a test */ INSERT INTO healing.job_runs (key, job, target, state, requested_by, started_at, ended_at) VALUES (gen_random_uuid()::text, 'db.health_check', 'movies', 'succeeded', 'test', now(), now())
        """);
}
