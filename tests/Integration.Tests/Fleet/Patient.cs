using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>One target database with one table and one index that gets damaged, and every question that a test has about it.</summary>
public sealed class Patient(PgCluster cluster, string name, TableHash before)
{
    public const string Table = "public.items";
    public const string Index = "public.items_name_idx";
    public const string OtherIndex = "public.items_pkey";
    /// <summary>A role that may look for damage and repair nothing.</summary>
    public const string Watcher = "watcher";

    private const string Template = "admission";

    /// <summary>What was really done is read from the server's own log.</summary>
    public static readonly PgClusterOptions Ward = new()
    {
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["log_min_duration_statement"] = "0", ["max_connections"] = "300" },
    };

    public string Name => name;

    public PgCluster Cluster => cluster;

    /// <summary>Makes the databases, each with a leaf of its index zeroed.</summary>
    public static async Task<IReadOnlyList<Patient>> AdmitAsync(PgCluster cluster, IReadOnlyList<string> names)
    {
        await cluster.CreateDatabaseAsync(Template);
        await cluster.ExecuteAsync(Template,
            """
            CREATE EXTENSION amcheck;
            CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL);
            INSERT INTO items SELECT i, md5(i::text) FROM generate_series(1, 3000) AS i;
            CREATE UNIQUE INDEX items_name_idx ON items (name);
            CREATE ROLE watcher LOGIN;
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO watcher;
            """);
        await cluster.ExecuteAsync(Template, "VACUUM ANALYZE");
        var hash = await TableHash.OfAsync(cluster, Template, Table);
        await new Damage(cluster, Template).Index.ZeroLeafAsync(Index);
        // A copy of the files carries the damage to all of them.
        foreach (var name in names)
        {
            await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE {Template}");
        }
        return [.. names.Select(name => new Patient(cluster, name, hash))];
    }

    public async Task AssertDamagedAsync() =>
        Assert.That(async () => await CheckIndexAsync(), Throws.InstanceOf<PostgresException>(), "the index is not damaged");

    /// <summary>A transaction that has written to the table: a concurrent rebuild must wait for it.</summary>
    internal Task<HeldUp> HoldUpRebuildsAsync() => HeldUp.StartAsync(this, Table);

    /// <summary>The backend that rebuilds right now.</summary>
    public async Task<int> RebuildingAsync(TimeSpan patience)
    {
        IReadOnlyList<int> pids = [];
        await Poll.UntilAsync(async _ => (pids = await RebuildersAsync()).Count == 1, patience, "a rebuild that is under way");
        return pids[0];
    }

    public Task CancelAsync(int pid) => Cluster.ExecuteAsync(name, "SELECT pg_cancel_backend(@pid)", new { pid });

    /// <summary>All backends that have a rebuild in hand, asked for by anybody.</summary>
    public Task<IReadOnlyList<int>> RebuildersAsync() => Cluster.QueryAsync<int>(name,
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'REINDEX INDEX CONCURRENTLY%'");

    /// <summary>Rebuilds of the index that ended well, by the server's own log.</summary>
    public int RebuildsDone(string who = "") => Lines($"duration: [0-9.]+ ms  (execute|statement)[^:]*: REINDEX INDEX CONCURRENTLY {Index}").Count(line => line.Contains($"@{name} {who}", StringComparison.Ordinal));

    /// <summary>The server says that the backend was ended by somebody's command.</summary>
    public bool WasTerminated(int pid) =>
        Lines(string.Create(CultureInfo.InvariantCulture, $@"\[{pid}\] .*FATAL:  terminating connection due to administrator command")).Any();

    public async Task AssertSoundAsync()
    {
        await CheckIndexAsync();
        Assert.That(await TableHash.OfAsync(Cluster, name, Table), Is.EqualTo(before), "the table holds something else than before");
    }

    /// <summary>Nothing that healing made, holds or has running is left. Sessions that wait in a pool are no leftover.</summary>
    public async Task AssertNothingLeftAsync()
    {
        await Poll.UntilAsync(async ct => await Cluster.ScalarAsync<long>(name, BusySessions, ct: ct) == 0, TimeSpan.FromSeconds(10), $"no busy session in {name}");
        await NoLeftovers.AssertAsync(Cluster, name, await IdlePoolsAsync(), TimeSpan.FromSeconds(10));
        Assert.That(await Cluster.ScalarAsync<string>(name, "SELECT string_agg(nspname, ', ') FROM pg_namespace WHERE nspname LIKE 'healing%'"), Is.Null);
    }

    private const string BusySessions =
        """
        SELECT count(*) FROM pg_stat_activity a
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          AND (state <> 'idle' OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype IN ('relation', 'advisory')))
        """;

    private Task<IReadOnlyList<string>> IdlePoolsAsync() => Cluster.QueryAsync<string>(name,
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND application_name LIKE 'healing%'");

    private async Task CheckIndexAsync()
    {
        await using var connection = await Cluster.OpenAsync(name);
        await using var command = new NpgsqlCommand($"SELECT bt_index_check('{Index}', true)", connection);
        await command.ExecuteNonQueryAsync();
    }

    private IEnumerable<string> Lines(string pattern) =>
        Cluster.Log.Split('\n').Where(line => Regex.IsMatch(line, pattern, RegexOptions.None, TimeSpan.FromSeconds(5)));
}
