using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

[TestFixture]
internal sealed class UndoTests
{
    private const string Plain = "CREATE TABLE t (id int PRIMARY KEY, a text, b varchar(10), c int); INSERT INTO t SELECT i, 'a' || i, 'b' || i, i FROM generate_series(1, 20) i;";

    private const string Orphans =
        """
        CREATE TABLE movies (id int PRIMARY KEY); INSERT INTO movies SELECT generate_series(1, 5);
        CREATE TABLE casts (id int PRIMARY KEY, movie int REFERENCES movies, role text);
        INSERT INTO casts SELECT i, i, 'r' || i FROM generate_series(1, 5) i;
        SET session_replication_role = replica; INSERT INTO casts VALUES (6, 77, 'orphan'), (7, 78, 'orphan'); SET session_replication_role = origin;
        """;

    [Test]
    public async Task What_was_renamed_widened_and_added_is_found_again()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.DeleteAsync("t", "id <= 3");
        await ward.ChangeAsync("t", "id = 4", ("a", "NULL"), ("c", "-1"));
        await ward.ExecuteAsync("ALTER TABLE t RENAME TO renamed; CREATE SCHEMA s; ALTER TABLE renamed SET SCHEMA s; ALTER TABLE s.renamed RENAME a TO \"A b\"; "
            + "ALTER TABLE s.renamed ALTER b TYPE text, ALTER c TYPE bigint, ADD d int DEFAULT 7, ADD e text");
        await ward.UndoAsync();
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(r::text, ' ' ORDER BY id) FROM s.renamed r WHERE id < 5"), Is.EqualTo("(1,a1,b1,1,7,) (2,a2,b2,2,7,) (3,a3,b3,3,7,) (4,a4,b4,4,7,)"));
    }

    [TestCase("ALTER TABLE t DROP COLUMN a", "the column a of public.t was dropped since")]
    [TestCase("DROP TABLE t", "the table public.t that 3 rows were taken from is gone")]
    [TestCase("ALTER TABLE t ALTER b TYPE varchar(1) USING 'x'", "would not come back with the values")]
    [TestCase("ALTER TABLE t ALTER a TYPE int USING 1", "rows cannot come back: invalid input syntax for type integer")]
    [TestCase("ALTER TABLE t ADD CONSTRAINT big CHECK (c > 3)", "violates check constraint \"big\"")]
    [TestCase("ALTER TABLE t ADD d int; UPDATE t SET d = 1; ALTER TABLE t ALTER d SET NOT NULL", "null value in column \"d\"")]
    [TestCase("INSERT INTO t VALUES (2, 'another')", "Key (id)=(2) already exists")]
    [TestCase("UPDATE healing_quarantine.rows SET vals[2] = 'forged' WHERE place = '(0,1)'", "somebody wrote to the quarantine")]
    [TestCase("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER swallow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER swallow", "the trigger swallow of public.t would fire")]
    public async Task What_does_not_fit_is_refused_and_named(string since, string said)
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.DeleteAsync("t", "id <= 3");
        await ward.ExecuteAsync(since);
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.UndoAsync());
        Assert.That(refused!.Message, Does.Contain(said));
        Assert.That(await ward.ScalarAsync<long>("SELECT count(*) FROM healing_quarantine.batches WHERE undone_at IS NULL"), Is.EqualTo(1));
    }

    [TestCase("UPDATE t SET a = 'theirs' WHERE id = 2", "1 of the changed rows of public.t were changed again since, in a")]
    [TestCase("DELETE FROM t WHERE id = 2", "1 of the changed rows are no longer in public.t")]
    public async Task A_changed_row_that_was_changed_again_is_not_overwritten(string since, string said)
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.ChangeAsync("t", "id <= 3", ("a", "NULL"));
        await ward.ExecuteAsync(since);
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain(said));
    }

    [Test]
    public async Task Another_column_that_was_changed_since_stays_changed()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.ChangeAsync("t", "id <= 3", ("a", "NULL"));
        await ward.ExecuteAsync("UPDATE t SET c = 100 WHERE id = 2; VACUUM FULL t".Split(';')[0]);
        await ward.ExecuteAsync("VACUUM FULL t");
        await ward.UndoAsync();
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(a || c, ' ' ORDER BY id) FROM t WHERE id <= 3"), Is.EqualTo("a11 a2100 a33"));
    }

    [Test]
    public async Task Equal_rows_without_a_key_come_back_one_by_one()
    {
        await using var ward = await Ward.OpenAsync("CREATE TABLE bag (a int, b text); INSERT INTO bag SELECT 1, NULL FROM generate_series(1, 5); INSERT INTO bag VALUES (2, 'x')");
        var before = await ward.HashAsync();
        await ward.ChangeAsync("bag", "a = 1 AND ctid < '(0,4)'", ("a", "9"));
        var changed = await ward.HashAsync();
        await ward.DeleteAsync("bag", "a = 1");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.RedoAsync();
        await ward.ExecuteAsync("INSERT INTO bag SELECT 1, NULL FROM generate_series(1, 2)");
        Assert.That(await ward.HashAsync(), Is.EqualTo(changed));
    }

    [Test]
    public async Task An_orphan_comes_back_with_keys_at_rest_where_that_is_allowed_and_it_says_so()
    {
        await using var ward = await Ward.OpenAsync(Orphans);
        ward.Broken = ["casts_movie_fkey"];
        var before = await ward.HashAsync();
        await ward.DeleteAsync("casts", "movie > 5");
        var log = new StatementLog();
        var back = await ward.UndoAsync(log);
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        Assert.That(back.Without, Does.Contain("the foreign key casts_movie_fkey does not hold for rows of public.casts").And.Contain("(movie)=(77)"));
        Assert.That(log.Sent[0], Is.EqualTo("SET LOCAL session_replication_role = replica"));
        await ward.ExecuteAsync("INSERT INTO movies SELECT generate_series(77, 78)");
        await ward.RedoAsync();
        Assert.That((await ward.UndoAsync()).Without, Is.Null);
    }

    [Test]
    public async Task With_keys_at_rest_an_exclusion_constraint_that_is_deferrable_would_be_too_and_is_named()
    {
        await using var ward = await Ward.OpenAsync(Orphans + "ALTER TABLE casts ADD CONSTRAINT \"one each\" EXCLUDE USING btree (id WITH =) DEFERRABLE");
        ward.Broken = ["casts_movie_fkey"];
        var before = await ward.HashAsync();
        await ward.DeleteAsync("casts", "movie > 5");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("the key \"one each\" of public.casts is deferrable, and nobody would watch over it meanwhile"));
        await ward.ExecuteAsync("ALTER TABLE casts DROP CONSTRAINT \"one each\"");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task Without_that_right_an_orphan_is_refused_with_the_grant_that_it_needs()
    {
        await using var ward = await Ward.OpenAsync(Orphans, user: "undoer");
        ward.Broken = ["casts_movie_fkey"];
        await ward.ExecuteAsync($"DROP ROLE IF EXISTS undoer; CREATE ROLE undoer LOGIN; GRANT CREATE ON DATABASE {ward.Database} TO undoer; ALTER TABLE casts OWNER TO undoer; ALTER TABLE movies OWNER TO undoer");
        await ward.DeleteAsync("casts", "movie > 5");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("casts_movie_fkey").And.Contain("GRANT SET ON PARAMETER session_replication_role TO undoer"));
        await ward.ExecuteAsync("GRANT SET ON PARAMETER session_replication_role TO undoer");
        Assert.That((await ward.UndoAsync()).Rows, Is.EqualTo(2));
    }

    [Test]
    public async Task Rows_that_were_only_kept_come_back_where_they_are_gone()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        var before = await ward.HashAsync();
        await ward.InBatchAsync(async (batch, session) => await batch.KeepAsync(await Ward.TableAsync(session, "t"), await Ward.PlacesAsync(session.Connection, "t", "id <= 5"), CancellationToken.None));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.ExecuteAsync("DELETE FROM t WHERE id <= 2");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_kept_row_that_is_another_by_now_is_not_overwritten()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.InBatchAsync(async (batch, session) => await batch.KeepAsync(await Ward.TableAsync(session, "t"), await Ward.PlacesAsync(session.Connection, "t", "id <= 5"), CancellationToken.None));
        await ward.ExecuteAsync("UPDATE t SET a = 'theirs' WHERE id = 1");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("1 of the kept rows are in public.t with other values"));
    }

    [Test]
    public async Task Partitions_inheritance_cycles_and_composite_keys_come_back()
    {
        await using var ward = await Ward.OpenAsync(
            """
            CREATE TABLE parents (x int, y text, boss_x int, boss_y text, PRIMARY KEY (x, y), FOREIGN KEY (boss_x, boss_y) REFERENCES parents ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED) PARTITION BY RANGE (x);
            CREATE TABLE "parents 1" (gone int, y text NOT NULL, x int NOT NULL, boss_y text, boss_x int);
            ALTER TABLE "parents 1" DROP COLUMN gone; ALTER TABLE parents ATTACH PARTITION "parents 1" FOR VALUES FROM (0) TO (10);
            CREATE TABLE parents2 PARTITION OF parents DEFAULT;
            CREATE TABLE kids (id int PRIMARY KEY, px int DEFAULT 1, py text DEFAULT 'a', FOREIGN KEY (px, py) REFERENCES parents ON DELETE SET DEFAULT) PARTITION BY HASH (id);
            CREATE TABLE kids0 PARTITION OF kids FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE kids1 PARTITION OF kids FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            CREATE TABLE base (id int PRIMARY KEY); CREATE TABLE heirs (note text) INHERITS (base);
            INSERT INTO parents VALUES (1, 'a', 1, 'a'), (2, 'b', 20, 'z'), (20, 'z', 2, 'b'), (21, 'q', 20, 'z'), (3, 'c', NULL, 'half');
            INSERT INTO kids SELECT i, CASE WHEN i % 2 = 0 THEN 20 ELSE 2 END, CASE WHEN i % 2 = 0 THEN 'z' ELSE 'b' END FROM generate_series(1, 10) i;
            INSERT INTO base SELECT generate_series(1, 3); INSERT INTO heirs SELECT i, 'n' FROM generate_series(1, 3) i;
            """);
        var before = await ward.HashAsync();
        Assert.That(await ward.DeleteAsync("\"parents 1\"", "x = 2"), Is.EqualTo(1));
        Assert.That(await ward.ScalarAsync<long>("SELECT count(*) FROM parents"), Is.EqualTo(2));
        Assert.That(await ward.ScalarAsync<long>("SELECT count(*) FROM kids WHERE px = 1"), Is.EqualTo(10));
        await ward.DeleteAsync("heirs", "id = 1");
        var after = await ward.HashAsync();
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.RedoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(after));
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }
}
