using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Rows around a damaged one, some of which hold what verify_heapam has nothing to say of and no session can read.</summary>
[TestFixture]
internal sealed class SalvageTests
{
    private const string Letters = "letters";
    private const int Rows = 80;

    [Test]
    public async Task Rows_that_cannot_be_read_whole_cost_no_other_its_copy()
    {
        await using var ward = await OpenAsync("11, 12");
        // an enum that is not there, compressed text that leads nowhere, and a long value of which a piece is gone
        await ward.Damage.Row.EditAsync(Letters, new(0, 7), null, page => page.Tuple(7)[(page.HeaderLength(7) + 4)..][..4].Fill(0x77));
        await ward.Damage.Row.EditAsync(Letters, new(0, 9), null, page =>
        {
            var compressed = page.Tuple(9)[(page.HeaderLength(9) + 16)..];
            compressed[0] = 0xFF;
            compressed[1..12].Clear();
        });
        await ward.Damage.Toast.RemoveChunkAsync(Letters);
        await ward.Damage.Row.LinePointerOffsetAsync(Letters, new(0, 5));
        foreach (var (row, said) in new[] { (7, "22P03"), (9, "XX001"), (11, "XX001") })
        {
            var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Hospital.Cluster.ScalarAsync<string>(ward.Database, $"SET enable_seqscan = off; SELECT concat(mood, body, script) FROM letters WHERE ctid = '(0,{row})'"));
            Assert.That(refused!.SqlState, Is.EqualTo(said), $"row {row}");
        }
        var incident = await FoundAsync(ward);

        var outcome = await ward.HealAsync(incident.Id);

        Assert.That((outcome.State, (await ward.FindAsync(incident.Id)).Attempts), Is.EqualTo((IncidentState.Escalated, 1)), outcome.Note);
        Assert.That(await KeptAsync(ward), Is.EqualTo(Rows - 1), outcome.Note);
        Assert.That(await KeptAsync(ward, "r.place = '(0,5)'"), Is.Zero);
        foreach (var (row, column) in new[] { (7, "mood"), (9, "body"), (11, "script") })
        {
            Assert.That(await KeptAsync(ward, $"r.place = '(0,{row})' AND r.vals[1] = '{row}' AND NOT '{column}' = ANY (p.columns) AND cardinality(p.columns) = 3"), Is.EqualTo(1), $"row {row} without {column}: {outcome.Note}");
            Assert.That(outcome.Note, Does.Contain($"(0,{row}) {column}"));
        }
        Assert.That(await KeptAsync(ward, "r.place = '(0,12)' AND r.vals[4] = (SELECT script FROM letters WHERE id = 12)"), Is.EqualTo(1), "a long value that is there");
        Assert.That(outcome.Note, Does.Contain($"{Rows - 1} readable row(s) of the block are copied").And.Contain("3 of them without a value that cannot be read").And.Contain("1 row version(s) in block 0 of public.letters cannot be read without danger")
            .And.Contain("1 row(s) in block 0 of public.letters have lost a long value ((0,11))"));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(ward.Database, "SELECT reason FROM healing_quarantine.batches"), Does.Contain("(0,7) mood"));
        Assert.That((await ward.Factory().Receipts().VerifyAsync(incident.Id, ward.Target, CancellationToken.None)).Changed, Is.Empty);
    }

    /// <summary>Its read waits for a lock, and then every session of ours ends, as when the server crashes.</summary>
    [Test]
    public async Task A_row_whose_reading_ends_every_session_is_left_out()
    {
        await using var ward = await OpenAsync("12");
        await ward.Damage.Row.LinePointerOffsetAsync(Letters, new(0, 5));
        var incident = await FoundAsync(ward);
        var toast = await ward.Damage.Toast.TableOfAsync(Letters);
        await using var holder = await Hospital.Cluster.OpenAsync(ward.Database);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ward.FreeSpace = _ =>
        {
            // after the plan, and before the first row is read
            if (held.TrySetResult())
            {
                using var hold = new Npgsql.NpgsqlCommand($"BEGIN; REINDEX TABLE {toast}", holder);
                hold.ExecuteNonQuery();
            }
            return long.MaxValue / 2;
        };
        var healing = ward.HealAsync(incident.Id);
        await Task.WhenAny(held.Task, healing);
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<long>("postgres",
                "SELECT count(*) FROM pg_stat_activity WHERE datname = @Database AND wait_event_type = 'Lock' AND query LIKE '%cardinality(%'", new { ward.Database }, ct) > 0,
            TimeSpan.FromMinutes(1), "a row is read that waits");
        var ended = await Hospital.Cluster.ScalarAsync<long>("postgres", "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = @Database AND application_name LIKE 'healing%'", new { ward.Database });
        await using (var release = new Npgsql.NpgsqlCommand("ROLLBACK", holder))
        {
            await release.ExecuteNonQueryAsync();
        }
        var outcome = await healing;

        Assert.That(ended, Is.GreaterThanOrEqualTo(2), "the session that reads and the one that repairs");
        Assert.That((outcome.State, (await ward.FindAsync(incident.Id)).Attempts), Is.EqualTo((IncidentState.Escalated, 1)), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("(0,12) reading it ended the session"));
        Assert.That(await KeptAsync(ward, "r.place = '(0,12)'"), Is.Zero);
        Assert.That(await KeptAsync(ward), Is.EqualTo(Rows - 2), outcome.Note);
    }

    /// <param name="longs">Rows with a value that is kept out of line.</param>
    private static async Task<Hospital> OpenAsync(string longs)
    {
        var ward = await Hospital.OpenAsync(100, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(ward.Database,
            $"""
            CREATE TYPE mood AS ENUM ('calm', 'cross');
            CREATE TABLE letters (id int PRIMARY KEY, mood mood NOT NULL, body text, script text);
            ALTER TABLE letters ALTER body SET STORAGE MAIN, ALTER script SET STORAGE EXTERNAL;
            INSERT INTO letters SELECT i, 'calm', CASE WHEN i = 9 THEN repeat('abcdefgh', 500) ELSE 'dear ' || i END, CASE WHEN i IN ({longs}) THEN (SELECT string_agg(md5(i || ':' || n), '') FROM generate_series(1, 200) AS n) END
            FROM generate_series(1, {Rows}) AS i
            """);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(ward.Database, "SELECT count(*) FROM letters WHERE ctid = format('(0,%s)', id)::tid"), Is.EqualTo(Rows), "all in one block");
        return ward;
    }

    private static async Task<Incident> FoundAsync(Hospital ward)
    {
        var open = await ward.CheckAsync(new HeapCheck());
        Assert.That(open.Select(i => $"{i.Kind.Name} {i.Object.Quoted.Split('(')[0]}"), Is.EqualTo(new[] { "heap_tuple_unreadable public.letters" }), string.Join("; ", open.Select(i => $"{i.Object} {i.Detail}")));
        return open[0];
    }

    private static Task<long> KeptAsync(Hospital ward, string where = "true") => Hospital.Cluster.ScalarAsync<long>(ward.Database,
        $"SELECT count(*) FROM healing_quarantine.rows r JOIN healing_quarantine.parts p USING (batch, part) WHERE {where}");
}
