using System.Globalization;
using Dapper;
using HealingWorkers.Drill;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>The ledger as the tests see it: by plain SQL, past the code that writes it.</summary>
public sealed class LedgerView(PgCluster control)
{
    public const string Database = "control";

    /// <summary>Process ids of the workers that were heard of lately.</summary>
    public async Task<IReadOnlyList<int>> WorkersAsync(TimeSpan silence)
    {
        try
        {
            return await control.QueryAsync<int>(
                Database, "SELECT pid FROM healing.workers WHERE stopped_at IS NULL AND heartbeat_at > clock_timestamp() - @silence", new { silence });
        }
        catch (PostgresException e) when (e.SqlState is "3F000" or "42P01")
        {
            // not migrated yet
            return [];
        }
    }

    /// <summary>All incidents of a target that are about damage, the oldest first.</summary>
    public Task<IReadOnlyList<SeenIncident>> IncidentsAsync(string target) => control.QueryAsync<SeenIncident>(
        Database,
        """
        SELECT i.id, i.kind, i.state, i.attempts, i.attempts_allowed AS AttemptsAllowed, i.seen_count AS SeenCount, i.deferrals, coalesce(i.reason, '') AS reason
        FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id
        WHERE t.name = @target AND i.kind <> 'target_unreachable' ORDER BY i.id
        """,
        new { target });

    public Task<IReadOnlyList<SeenAttempt>> AttemptsAsync(long incident) => control.QueryAsync<SeenAttempt>(
        Database,
        "SELECT number, worker, outcome, coalesce(error, '') AS error FROM healing.attempts WHERE incident_id = @incident ORDER BY number",
        new { incident });

    /// <summary>Runs that are waiting or running, and leases that somebody really holds.</summary>
    public Task<IReadOnlyList<string>> UnfinishedAsync(string target) => control.QueryAsync<string>(
        Database,
        """
        SELECT format('run %s %s %s due %s', r.id, r.key, r.state, r.due_at) FROM healing.job_runs r
        WHERE r.target = @target AND r.state IN ('pending', 'running')
        UNION ALL
        SELECT format('lease %s of %s', l.resource, l.holder)
        FROM healing.leases l JOIN healing.targets t ON l.resource = 'target:' || t.id
        WHERE t.name = @target AND l.holder IS NOT NULL AND l.expires_at > clock_timestamp()
        """,
        new { target });

    public Task<long> ReceiptsAsync(long incident) => control.ScalarAsync<long>(
        Database, "SELECT count(*) FROM healing.receipts WHERE incident_id = @incident", new { incident })!;

    /// <summary>Of each receipt that tells of a success, how many rows it names as taken to quarantine.</summary>
    public Task<IReadOnlyList<long>> QuarantinesInReceiptsAsync(long incident) => control.QueryAsync<long>(
        Database,
        """
        SELECT coalesce((SELECT sum((q ->> 'rows')::bigint) FROM jsonb_array_elements(r.body::jsonb -> 'quarantine') AS q), 0)::bigint
        FROM healing.receipts r WHERE r.incident_id = @incident AND r.body::jsonb ->> 'outcome' = 'resolved' ORDER BY r.seq
        """,
        new { incident });

    /// <summary>What was said of an incident by the log, which is always there.</summary>
    public Task<IReadOnlyList<string>> AlertsAsync(long incident) => control.QueryAsync<string>(
        Database, "SELECT event FROM healing.alerts WHERE incident_id = @incident AND sink = 'log' AND event NOT IN ('opened', 'ended') ORDER BY id", new { incident });

    /// <summary>Checks of a target that ended well.</summary>
    public Task<long> RunsSucceededAsync(string target) => control.ScalarAsync<long>(
        Database, "SELECT count(*) FROM healing.job_runs WHERE target = @target AND job <> 'repair' AND state = 'succeeded'", new { target })!;

    /// <summary>Backends that leases name: none of them may still live when all is done.</summary>
    public Task<IReadOnlyList<int>> BackendsAsync(string target) => control.QueryAsync<int>(
        Database,
        "SELECT l.backend_pid FROM healing.leases l JOIN healing.targets t ON l.resource = 'target:' || t.id WHERE t.name = @target AND l.backend_pid IS NOT NULL",
        new { target });

    /// <summary>Everything that is written about repairs of a target, so that two looks can be compared.</summary>
    public async Task<string> EverythingAsync(string target) => (await control.ScalarAsync<string>(
        Database,
        """
        WITH i AS (SELECT i.* FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id WHERE t.name = @target)
        SELECT concat_ws(E'\n',
            (SELECT string_agg(to_jsonb(i)::text, E'\n' ORDER BY id) FROM i),
            (SELECT string_agg(to_jsonb(a)::text, E'\n' ORDER BY a.incident_id, number) FROM healing.attempts a WHERE incident_id IN (SELECT id FROM i)),
            (SELECT string_agg(to_jsonb(s)::text, E'\n' ORDER BY s.id) FROM healing.snapshots s WHERE incident_id IN (SELECT id FROM i)),
            (SELECT string_agg(to_jsonb(r)::text, E'\n' ORDER BY seq) FROM healing.receipts r WHERE incident_id IN (SELECT id FROM i)),
            (SELECT string_agg(to_jsonb(l)::text, E'\n' ORDER BY l.id) FROM healing.audit_log l WHERE incident_id IN (SELECT id FROM i)))
        """,
        new { target }))!;

    /// <summary>The story of a target's incidents and runs, for whoever reads a failed test.</summary>
    public async Task<string> TellAsync(string target)
    {
        try
        {
            await using var connection = await control.OpenAsync(Database);
            var lines = await connection.QueryAsync<string>(
                """
                SELECT line FROM (
                    SELECT a.at, format('%s  incident %s %s: %s (%s) %s', a.at::time(3), a.incident_id, a.event_type, a.message, a.actor, a.metadata) AS line
                    FROM healing.audit_log a JOIN healing.targets t ON t.id = a.target_id WHERE t.name = @target
                    UNION ALL
                    SELECT r.created_at, format('%s  run %s %s %s by %s, executions %s, deferrals %s, started %s, ended %s, note %s, error %s', r.created_at::time(3), r.id, r.key, r.state,
                        r.worker, r.executions, r.deferrals, r.started_at::time(3), r.ended_at::time(3), r.note, r.error)
                    FROM healing.job_runs r WHERE r.target = @target OR r.key LIKE 'repair:%'
                    UNION ALL
                    SELECT a.started_at, format('%s  attempt %s of incident %s by %s: %s, %s', a.started_at::time(3), a.number, a.incident_id, a.worker, a.outcome, a.error)
                    FROM healing.attempts a JOIN healing.incidents i ON i.id = a.incident_id JOIN healing.targets t ON t.id = i.target_id WHERE t.name = @target
                ) story ORDER BY at
                """,
                new { target });
            return string.Join('\n', lines.TakeLast(120));
        }
        catch (NpgsqlException e)
        {
            return string.Create(CultureInfo.InvariantCulture, $"(the ledger says nothing: {e.Message})");
        }
    }
}

public sealed record SeenIncident
{
    public long Id { get; init; }
    public string Kind { get; init; } = "";
    public string State { get; init; } = "";
    public int Attempts { get; init; }
    public int AttemptsAllowed { get; init; }
    public int SeenCount { get; init; }
    public int Deferrals { get; init; }
    public string Reason { get; init; } = "";
}

public sealed record SeenAttempt
{
    public int Number { get; init; }
    public string Worker { get; init; } = "";
    public string? Outcome { get; init; }
    public string Error { get; init; } = "";
}
