using HealingWorkers.Drill;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Repairs;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

[TestFixture]
internal sealed class BatchTests
{
    private const string Family =
        """
        CREATE TABLE parents (id int PRIMARY KEY, name text);
        CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE, note text);
        CREATE TABLE grandchildren (id int PRIMARY KEY, child int REFERENCES children ON DELETE SET NULL, other int DEFAULT 1 REFERENCES children ON DELETE SET DEFAULT);
        INSERT INTO parents SELECT i, 'p' || i FROM generate_series(1, 10) i;
        INSERT INTO children SELECT i, 1 + i % 10, 'c' || i FROM generate_series(1, 50) i;
        INSERT INTO grandchildren SELECT i, 1 + i % 50, 1 + (i + 7) % 50 FROM generate_series(1, 100) i;
        """;

    [Test]
    public async Task What_a_key_drags_along_is_kept_as_it_was()
    {
        await using var ward = await Ward.OpenAsync(Family);
        Assert.That(await ward.DeleteAsync("parents", "id = 5"), Is.EqualTo(1));
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(table_name || ' ' || action || ' ' || rows, ', ' ORDER BY part) FROM healing_quarantine.parts"),
            Is.EqualTo("parents deleted 1, children deleted 5, grandchildren changed 10, grandchildren changed 10"));
        Assert.That(await ward.ScalarAsync<long>("SELECT count(*) FROM grandchildren WHERE child IS NULL"), Is.EqualTo(10));
        Assert.That(await ward.ScalarAsync<long>("SELECT rows FROM healing_quarantine.batches"), Is.EqualTo(26));
        Assert.That(await ward.ScalarAsync<string>("SELECT vals::text FROM healing_quarantine.rows WHERE part = 1"), Is.EqualTo("{5,p5}"));
        Assert.That(await ward.ScalarAsync<bool>("SELECT has_schema_privilege('public', 'healing_quarantine', 'USAGE')"), Is.False);
    }

    [Test]
    public async Task A_reference_that_does_not_let_go_stops_it_by_name()
    {
        await using var ward = await Ward.OpenAsync(Family + "ALTER TABLE children ADD CONSTRAINT \"no\" FOREIGN KEY (parent) REFERENCES parents DEFERRABLE INITIALLY DEFERRED; ALTER TABLE children DROP CONSTRAINT children_parent_fkey");
        var before = await ward.HashAsync();
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("parents", "id = 5"));
        Assert.That(refused!.Message, Does.Contain("public.children").And.Contain("the foreign key no does not let go"));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        Assert.That(await ward.ScalarAsync<bool>("SELECT to_regnamespace('healing_quarantine') IS NULL"), Is.True);
    }

    [Test]
    public async Task A_row_that_somebody_changed_meanwhile_stays()
    {
        await using var ward = await Ward.OpenAsync(Family);
        var gone = await ward.InBatchAsync(async (batch, session) =>
        {
            var places = await Ward.PlacesAsync(session.Connection, "grandchildren", "id <= 3");
            await ward.ExecuteAsync("UPDATE grandchildren SET other = 2 WHERE id = 2");
            return await batch.DeleteAsync(await Ward.TableAsync(session, "grandchildren"), places, CancellationToken.None);
        });
        Assert.That(gone, Is.EqualTo(2));
        Assert.That(await ward.ScalarAsync<long>("SELECT count(*) FROM grandchildren WHERE id = 2"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_change_keeps_what_was_and_what_became_of_it()
    {
        await using var ward = await Ward.OpenAsync(Family + "ALTER TABLE parents ADD loud text GENERATED ALWAYS AS (upper(name)) STORED");
        var log = new StatementLog();
        var changed = await ward.InBatchAsync(async (batch, session) => await batch.ChangeAsync(await Ward.TableAsync(session, "parents"),
            await Ward.PlacesAsync(session.Connection, "parents", "id < 3"), new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "lower(t.name) || '!'" }, CancellationToken.None), log);
        Assert.That(changed, Is.EqualTo(2));
        Assert.That(log.Sent.Single(), Does.StartWith("UPDATE ONLY public.parents t SET name = lower(t.name) || '!' FROM (SELECT r.place"));
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(vals::text || vals_after::text, ' ' ORDER BY place) FROM healing_quarantine.rows"), Is.EqualTo("{1,p1,P1}{p1!,P1!} {2,p2,P2}{p2!,P2!}"));
        foreach (var (column, said) in new[] { ("loud", "generated"), ("id", "follows changes"), ("nothing", "no column") })
        {
            await ward.ExecuteAsync("ALTER TABLE children DROP CONSTRAINT IF EXISTS children_parent_fkey; ALTER TABLE children ADD CONSTRAINT children_parent_fkey FOREIGN KEY (parent) REFERENCES parents ON UPDATE CASCADE");
            var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.ChangeAsync("parents", "id = 1", (column, "NULL")));
            Assert.That(refused!.Message, Does.Contain(said));
        }
    }

    [Test, Explicit("it measures, and wants a quiet machine")]
    public async Task A_hundred_thousand_rows_are_kept_within_three_times_a_plain_deletion()
    {
        await using var ward = await Ward.OpenAsync(
            """
            CREATE TABLE movies (id int PRIMARY KEY);
            INSERT INTO movies SELECT generate_series(1, 1000);
            CREATE TABLE casts (id int PRIMARY KEY, movie_id int, role text, at timestamptz DEFAULT now());
            INSERT INTO casts SELECT i, CASE WHEN i % 10 = 0 THEN 5000 + i ELSE 1 + i % 1000 END, 'role ' || i FROM generate_series(1, 1000000) i;
            CREATE TABLE others AS TABLE casts; ALTER TABLE others ADD PRIMARY KEY (id);
            ANALYZE;
            """);
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        await ward.ExecuteAsync("DELETE FROM others WHERE movie_id NOT IN (SELECT id FROM movies)");
        var plain = clock.GetElapsedTime(begun);
        begun = clock.GetTimestamp();
        Assert.That(await ward.DeleteAsync("casts", "NOT EXISTS (SELECT FROM movies m WHERE m.id = t.movie_id)"), Is.EqualTo(100_000));
        var kept = clock.GetElapsedTime(begun);
        await TestContext.Out.WriteLineAsync($"plain {plain.TotalSeconds:0.00} s, with quarantine {kept.TotalSeconds:0.00} s");
        Assert.That(kept, Is.LessThan(3 * plain));
    }
}
