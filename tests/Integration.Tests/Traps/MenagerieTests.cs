using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>Every check and every repair there is, let loose on what is healthy.</summary>
[TestFixture]
internal sealed class MenagerieTests
{
    [Test]
    public async Task Nothing_is_found_and_nothing_changed()
    {
        await using var hospital = await AllAsync();
        var hashes = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        var sequences = await SequencesAsync(hospital);
        var report = await Trap.AssertUntouchedAsync(hospital);
        Assert.That(report["findings"]!.AsArray().Where(f => (string?)f!["severity"] != "info").Select(f => f!.ToJsonString()), Is.Empty);
        Assert.That(report["findings"]!.AsArray().Select(f => (string?)f!["repair"]), Is.All.Null);
        Assert.That(report["checks"]!.AsArray().Select(c => (string?)c!["status"]), Is.All.EqualTo("clean").Or.EqualTo("unavailable"), report.ToJsonString());
        Assert.That(await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database), Is.EqualTo(hashes));
        Assert.That(await SequencesAsync(hospital), Is.EqualTo(sequences));
    }

    [Test]
    public async Task Nor_while_others_hold_locks_rows_snapshots_and_half_done_work()
    {
        await using var hospital = await AllAsync();
        var others = new List<NpgsqlConnection>();
        try
        {
            // deferred keys that hold again at the end of the transaction
            others.Add(await BeginAsync(hospital, "BEGIN; INSERT INTO tree VALUES (10, 99, 1); INSERT INTO tree VALUES (11, 11, 1); DELETE FROM tree WHERE id = 2"));
            // rows locked by several at once, and one of them changed
            others.Add(await BeginAsync(hospital, "BEGIN; SELECT * FROM accounts WHERE id < 40 FOR KEY SHARE"));
            others.Add(await BeginAsync(hospital, "BEGIN; SELECT * FROM accounts WHERE id < 40 FOR SHARE; SAVEPOINT a; UPDATE hot SET n = 1000 WHERE id BETWEEN 600 AND 700; ROLLBACK TO a; UPDATE hot SET n = 2000 WHERE id BETWEEN 650 AND 750"));
            // an old snapshot over rows that are deleted and vacuumed around
            others.Add(await BeginAsync(hospital, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM frozen"));
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "DELETE FROM frozen WHERE id % 4 = 1");
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "VACUUM frozen");
            // rows loaded frozen into a file that is not committed, a table rewritten, an index dropped, all half done
            others.Add(await BeginAsync(hospital, "BEGIN; TRUNCATE right_hand; COPY right_hand FROM PROGRAM 'seq 5000 9000' (FREEZE)"));
            others.Add(await BeginAsync(hospital, "BEGIN; CLUSTER grown USING grown_state"));
            others.Add(await BeginAsync(hospital, "BEGIN; DROP INDEX spoken_word; CREATE INDEX spoken_word ON spoken (id)"));
            others.Add(await BeginAsync(hospital, "BEGIN; INSERT INTO odd_ones SELECT FROM generate_series(1, 500); SELECT nextval('circle')"));
            others.Add(await BeginAsync(hospital, "CREATE TEMP TABLE mine (id serial PRIMARY KEY, t text); INSERT INTO mine VALUES (7, 'x'), (8, 'y')"));
            await (await BeginAsync(hospital, "BEGIN; UPDATE derived SET p = 1 WHERE id < 9; PREPARE TRANSACTION 'in the menagerie'")).DisposeAsync();

            var report = await Trap.AssertUntouchedAsync(hospital);

            Assert.That(report["findings"]!.AsArray().Where(f => (string?)f!["severity"] != "info").Select(f => f!.ToJsonString()), Is.Empty);
            Assert.That(report["checks"]!.AsArray().Select(c => (string?)c!["status"]), Has.None.EqualTo("damaged"), report.ToJsonString());
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "ROLLBACK PREPARED 'in the menagerie'");
            foreach (var other in others)
            {
                await other.DisposeAsync();
            }
        }
    }

    private static async Task<Hospital> AllAsync()
    {
        var hospital = await Hospital.OpenAsync(rows: 100);
        await using var stream = typeof(MenagerieTests).Assembly.GetManifestResourceStream($"{typeof(MenagerieTests).Namespace}.Menagerie.sql")!;
        using var reader = new StreamReader(stream);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, await reader.ReadToEndAsync());
        foreach (var statement in new[] { "VACUUM (FREEZE) frozen", "UPDATE frozen SET t = 'changed' WHERE id % 100 = 0", "DELETE FROM frozen WHERE id > 2900", "VACUUM hot", "UPDATE hot SET n = n + 1 WHERE id % 7 = 0", "SELECT pg_create_physical_replication_slot('young', true)" })
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, statement.Replace("'young'", $"'young_{hospital.Database}'", StringComparison.Ordinal));
        }
        return hospital;
    }

    private static Task<string?> SequencesAsync(Hospital hospital) => Hospital.Cluster.ScalarAsync<string>(hospital.Database,
        "SELECT string_agg(schemaname || sequencename || coalesce(last_value, 0), ',' ORDER BY 1) FROM pg_sequences");

    private static async Task<NpgsqlConnection> BeginAsync(Hospital hospital, string sql)
    {
        var connection = await Hospital.Cluster.OpenAsync(hospital.Database);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
