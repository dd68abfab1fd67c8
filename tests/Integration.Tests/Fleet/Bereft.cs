using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>A database with reviews of movies that are gone, and votes for these reviews. What lies in its tables and in its quarantine is at every moment what was there before.</summary>
internal sealed class Bereft(PgCluster cluster, string name)
{
    private const string Template = "bereft";
    private const string Here = "SELECT 'reviews ' || ARRAY[id::text, movie_id::text, note]::text FROM reviews UNION ALL SELECT 'votes ' || ARRAY[id::text, review::text]::text FROM votes";

    /// <summary>Reviews that point at nothing, and as many votes that go with them.</summary>
    public const int Orphans = 100;

    public string Name => name;

    private IReadOnlyList<string> Before { get; set; } = [];

    public static async Task<IReadOnlyList<Bereft>> AdmitAsync(PgCluster cluster, IEnumerable<string> names)
    {
        await cluster.CreateDatabaseAsync(Template);
        await cluster.ExecuteAsync(Template,
            """
            CREATE TABLE movies (id int PRIMARY KEY);
            INSERT INTO movies SELECT generate_series(1, 40);
            CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies (id), note text);
            INSERT INTO reviews SELECT i, 1 + i % 40, 'r' || i FROM generate_series(1, 400) i;
            CREATE TABLE votes (id int PRIMARY KEY, review int NOT NULL REFERENCES reviews ON DELETE CASCADE);
            INSERT INTO votes SELECT i, i FROM generate_series(1, 400) i;
            CREATE INDEX ON votes (review);
            CREATE TABLE changes (row_key jsonb, at timestamptz DEFAULT now());
            CREATE TABLE nothing_may_be_told (because text);
            CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF EXISTS (SELECT FROM public.nothing_may_be_told) THEN RAISE 'nothing may be told'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER told BEFORE INSERT ON changes FOR EACH ROW EXECUTE FUNCTION tell();
            SET session_replication_role = replica;
            DELETE FROM movies WHERE id <= 10;
            """);
        var before = await cluster.QueryAsync<string>(Template, Here);
        var admitted = new List<Bereft>();
        foreach (var name in names)
        {
            await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE {Template}");
            admitted.Add(new(cluster, name) { Before = before });
        }
        return admitted;
    }

    /// <summary>Of a configuration: orphans are taken away, and each is told in a table of the target's own.</summary>
    public string Line => $"  - {{ name: {name}, connection: '{cluster.ConnectionString(name)}', data_directory: '{cluster.DataDirectory}', rules: {{ foreign_keys: [{{ from: reviews.movie_id, to: movies.id, on_orphan: quarantine, audit_table: changes }}] }} }}";

    public Task DoAsync(string sql) => cluster.ExecuteAsync(name, sql);

    /// <summary>A transaction that is at work on one of the orphans.</summary>
    public async Task<NpgsqlConnection> HoldOneAsync()
    {
        var connection = await cluster.OpenAsync(name);
        await using var command = new NpgsqlCommand("BEGIN; SELECT FROM reviews WHERE movie_id = 3 LIMIT 1 FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>No row is lost, none is in two places, none was changed: whoever looks, whenever.</summary>
    /// <returns>How many are in quarantine.</returns>
    public async Task<int> AssertNothingLostAsync(string when)
    {
        await using var connection = await cluster.OpenAsync(name);
        await using var moment = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var here = await ListAsync(connection, Here);
        // what is made after that moment holds nothing of it
        var kept = await ListAsync(connection, "SELECT pg_catalog.to_regclass('healing_quarantine.rows')::text") is [{ Length: > 0 }]
            ? await ListAsync(connection, "SELECT p.table_name || ' ' || r.vals::text FROM healing_quarantine.rows r JOIN healing_quarantine.parts p USING (batch, part)") : [];
        Assert.That(here.Intersect(kept, StringComparer.Ordinal), Is.Empty, $"{when}: in the table and in quarantine");
        Assert.That(here.Concat(kept).Order(StringComparer.Ordinal), Is.EqualTo(Before.Order(StringComparer.Ordinal)), $"{when}: the rows of before, each once");
        return kept.Count;
    }

    /// <summary>As many as were taken away are told, none twice.</summary>
    public async Task AssertToldOnceAsync() => Assert.That(
        (await cluster.ScalarAsync<long>(name, "SELECT count(*) FROM changes"), await cluster.ScalarAsync<long>(name, "SELECT count(DISTINCT row_key) FROM changes")),
        Is.EqualTo(((long)Orphans, (long)Orphans)), "rows of the audit table");

    public async Task AssertNothingLeftAsync() => Assert.That(
        await cluster.ScalarAsync<string>(name, "SELECT string_agg(conname, ', ') FROM pg_constraint WHERE conname LIKE 'healing%'"), Is.Null, "twin constraints");

    private static async Task<List<string>> ListAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await row.ReadAsync())
        {
            found.Add(await row.IsDBNullAsync(0) ? "" : row.GetString(0));
        }
        return found;
    }
}
