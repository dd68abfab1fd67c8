using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Bench;

/// <summary>A million rows, a hundred thousand of them orphans: taken to quarantine in short batches, beside the recipe that deletes them at once.</summary>
internal static class OrphansBench
{
    private const string Database = "orphans";
    private const double Bound = 3;
    private static readonly TimeSpan Unhashed = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(int rounds, CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_buffers"] = "512MB", ["max_wal_size"] = "4GB", ["autovacuum"] = "off" } }, cancel);
        await cluster.CreateDatabaseAsync(Database, ct: cancel);
        await cluster.ExecuteAsync(Database, "CREATE TABLE movies (id bigint PRIMARY KEY, title text); INSERT INTO movies SELECT i, md5(i::text) FROM generate_series(1, 900000) i", ct: cancel);
        await cluster.ExecuteAsync(Database, "VACUUM (ANALYZE) movies", ct: cancel);
        await WaitsAsync(cluster, cancel);
        foreach (var indexed in new[] { false, true })
        {
            var title = indexed ? "the key is indexed" : "the key is not indexed";
            await new Comparison("plan, quarantine and delete", c => OursAsync(cluster, indexed, c), "DELETE ... NOT IN, hashed", c => RecipeAsync(cluster, indexed, "256MB", c), Bound).RunAsync(title, rounds, cancel);
            Console.WriteLine(FormattableString.Invariant($"DELETE ... NOT IN, not hashed ({title}): {await RecipeAsync(cluster, indexed, "64kB", cancel):0.0} s, ended after {Unhashed.TotalSeconds:0} s where it was not done"));
        }
    }

    private static async Task PrepareAsync(PgCluster cluster, bool indexed, CancellationToken cancel) => await cluster.ExecuteAsync(Database, $"""
        DROP SCHEMA IF EXISTS healing_quarantine CASCADE;
        DROP TABLE IF EXISTS reviews;
        CREATE TABLE reviews (id bigint PRIMARY KEY, movie_id bigint, note text);
        SET session_replication_role = replica;
        INSERT INTO reviews SELECT i, i, 'review ' || i FROM generate_series(1, 1000000) i;
        {(indexed ? "CREATE INDEX ON reviews (movie_id);" : "")}
        ALTER TABLE reviews ADD FOREIGN KEY (movie_id) REFERENCES movies NOT VALID;
        UPDATE pg_constraint SET convalidated = true WHERE conrelid = 'reviews'::regclass;
        RESET session_replication_role;
        """, ct: cancel);

    private static async Task VacuumAsync(PgCluster cluster, CancellationToken cancel)
    {
        await cluster.ExecuteAsync(Database, "VACUUM (ANALYZE) reviews", ct: cancel);
        await cluster.ExecuteAsync(Database, "CHECKPOINT", ct: cancel);
    }

    private static async Task<double> RecipeAsync(PgCluster cluster, bool indexed, string memory, CancellationToken cancel)
    {
        await PrepareAsync(cluster, indexed, cancel);
        await VacuumAsync(cluster, cancel);
        var watch = Stopwatch.StartNew();
        try
        {
            await cluster.ExecuteAsync(Database, string.Create(CultureInfo.InvariantCulture,
                $"SET work_mem = '{memory}'; SET hash_mem_multiplier = 1; SET statement_timeout = {(int)Unhashed.TotalMilliseconds}; DELETE FROM reviews WHERE movie_id NOT IN (SELECT id FROM movies)"), ct: cancel);
        }
        catch (Npgsql.PostgresException e) when (e.SqlState == "57014")
        {
            // the bound is the answer
        }
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> OursAsync(PgCluster cluster, bool indexed, CancellationToken cancel)
    {
        await PrepareAsync(cluster, indexed, cancel);
        await VacuumAsync(cluster, cancel);
        return await QuarantineAsync(cluster, 100_000, cancel);
    }

    private static async Task<double> QuarantineAsync(PgCluster cluster, long expected, CancellationToken cancel)
    {
        var options = new TargetOptions { Name = "bench", Connection = cluster.ConnectionString(Database) };
        options.Rules.ForeignKeys.Add(new() { From = ColumnList.Parse("reviews.movie_id"), To = ColumnList.Parse("movies.id"), OnOrphan = RuleAction.Quarantine });
        await using var target = new Target(options, TimeProvider.System);
        var facts = await target.FactsAsync(cancel);
        var report = await new ForeignKeysCheck().RunAsync(new(target, CheckScope.All), cancel);
        var incident = Of(report.Findings.Single());
        await using var connection = await target.OpenRepairAsync(cancel);
        var session = new RepairSession(target, facts, connection, 1);
        var repair = new QuarantineOrphans(new());
        var watch = Stopwatch.StartNew();
        var plan = await repair.PlanAsync(session, incident, cancel);
        var result = await repair.ApplyAsync(session, plan, SnapshotProof.Waived(1), cancel);
        var seconds = watch.Elapsed.TotalSeconds;
        return result.Outcome == RepairOutcome.Done && result.RowsQuarantined == expected ? seconds
            : throw new InvalidOperationException($"{plan.Refuse}{plan.Defer}{result.Outcome}: {result.Reason}, {result.RowsQuarantined} rows");
    }

    /// <summary>The longest that a writer waited for a lock while orphans went, and the proof after that.</summary>
    private static async Task WaitsAsync(PgCluster cluster, CancellationToken cancel)
    {
        await PrepareAsync(cluster, indexed: true, cancel);
        await VacuumAsync(cluster, cancel);
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, """
            \set id random(1, 890000)
            \set any random(1, 1000000)
            UPDATE reviews SET note = 'changed' WHERE id = :any;
            INSERT INTO reviews VALUES (nextval('fresh'), :id, 'new');
            UPDATE movies SET title = 'changed' WHERE id = :id;
            """, cancel);
        await cluster.ExecuteAsync(Database, "CREATE SEQUENCE IF NOT EXISTS fresh START 10000000", ct: cancel);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var load = Built.Peer("pgbench", "-h", cluster.SocketDirectory, "-p", FormattableString.Invariant($"{cluster.Port}"), "-U", "postgres", "-n", "-c", "4", "-j", "2", "-T", "600", "-f", script, Database);
        load.RedirectStandardOutput = load.RedirectStandardError = true;
        using var writers = Process.Start(load) ?? throw new InvalidOperationException("cannot start pgbench");
        var longest = LongestWaitAsync(cluster, over.Token);
        var seconds = await QuarantineAsync(cluster, 100_000, cancel);
        var twin = Stopwatch.StartNew();
        await ProveAsync(cluster, cancel);
        twin.Stop();
        await over.CancelAsync();
        writers.Kill();
        await writers.WaitForExitAsync(CancellationToken.None);
        File.Delete(script);
        var (waits, most) = await longest;
        Console.WriteLine(FormattableString.Invariant(
            $"beside 4 writers: {seconds:0.0} s, and {twin.Elapsed.TotalSeconds:0.0} s for the proof; longest wait of a writer for a lock {most:0} ms in {waits} looks; bound 250 ms: {(most <= 250 ? "within" : "FALLS SHORT")}"));
    }

    private static async Task ProveAsync(PgCluster cluster, CancellationToken cancel)
    {
        await using var target = new Target(new TargetOptions { Name = "bench", Connection = cluster.ConnectionString(Database) }, TimeProvider.System);
        await using var connection = await target.OpenRepairAsync(cancel);
        var reviews = await cluster.ScalarAsync<long>(Database, "SELECT 'reviews'::regclass::oid::bigint", ct: cancel);
        var movies = await cluster.ScalarAsync<long>(Database, "SELECT 'movies'::regclass::oid::bigint", ct: cancel);
        var proof = await new TwinConstraint(new(reviews, "public.reviews"), "FOREIGN KEY (movie_id) REFERENCES public.movies(id)", movies)
            .ProveAsync(new RepairSession(target, await target.FactsAsync(cancel), connection, 1), 1, cancel);
        Console.WriteLine($"proof: {proof.Said}");
    }

    /// <summary>Locks that a writer waits for, by the server's own clock; ours are left out.</summary>
    private static async Task<(long Looks, double Most)> LongestWaitAsync(PgCluster cluster, CancellationToken over)
    {
        await using var session = await cluster.OpenAsync(Database, CancellationToken.None);
        await using var look = new Npgsql.NpgsqlCommand("""
            SELECT coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)) * 1000, 0)::float8
            FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name = 'pgbench'
              AND EXISTS (SELECT FROM unnest(pg_blocking_pids(l.pid)) b JOIN pg_stat_activity h ON h.pid = b WHERE h.application_name LIKE 'healing%')
            """, session);
        var (looks, most) = (0L, 0d);
        while (!over.IsCancellationRequested)
        {
            most = Math.Max(most, (double)(await look.ExecuteScalarAsync(CancellationToken.None))!);
            looks++;
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }
        return (looks, most);
    }

    private static Incident Of(Finding finding) => new()
    {
        Id = 1, TargetId = 1, TargetName = "bench", Fingerprint = finding.Fingerprint, Kind = finding.Kind, Severity = finding.Severity, Check = finding.Check,
        Object = finding.Object, Detail = finding.Detail, Evidence = finding.Evidence.ToJsonString(), Repair = finding.Repair, Risk = finding.Risk,
        State = IncidentState.Detected, Attempts = 0, AttemptsAllowed = 3, Deferrals = 0, DeferredSince = null, Reason = null,
        ApprovedBy = null, DueAt = null, OpenedAt = TimeProvider.System.GetUtcNow(), LastSeenAt = TimeProvider.System.GetUtcNow(), ClosedAt = null, TraceParent = null,
    };
}
