using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>Rows that come back while keys are at rest: only a key that was found broken may be broken again.</summary>
[TestFixture]
internal sealed class ReturnedKeysTests
{
    private const string Casts =
        """
        CREATE TABLE movies (id int PRIMARY KEY); INSERT INTO movies VALUES (1);
        CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (4), (5);
        CREATE TABLE casts (id int, movie int CONSTRAINT of_movie REFERENCES movies, person int CONSTRAINT of_person REFERENCES people) PARTITION BY RANGE (id);
        CREATE TABLE casts_all PARTITION OF casts FOR VALUES FROM (0) TO (1000);
        INSERT INTO casts VALUES (1, 1, 4);
        SET session_replication_role = replica; INSERT INTO casts VALUES (2, 77, 5); SET session_replication_role = origin;
        """;

    [Test]
    public async Task A_key_that_held_is_not_broken_by_an_undo()
    {
        await using var ward = await Ward.OpenAsync(Casts);
        ward.Broken = ["of_movie"];
        var before = await ward.HashAsync();
        await ward.DeleteAsync("casts_all", "movie = 77");
        await ward.ExecuteAsync("DELETE FROM people WHERE id = 5");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("1 row(s) of public.casts_all would refer to nothing by of_person as well").And.Contain("public.people(id)"));
        await ward.ExecuteAsync("INSERT INTO people VALUES (5)");
        Assert.That((await ward.UndoAsync()).Without, Does.Contain("of_movie").Or.Contain("casts"));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task Nor_where_a_trigger_was_the_reason_to_put_keys_at_rest()
    {
        await using var ward = await Ward.OpenAsync("""
            CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (4), (5);
            CREATE TABLE marks (id int PRIMARY KEY, person int CONSTRAINT by_person REFERENCES people, mark text);
            INSERT INTO marks VALUES (1, 4, 'a'), (2, 5, 'bad');
            CREATE TABLE seen (id int); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO seen VALUES (NEW.id); RETURN NULL; END$$;
            CREATE TRIGGER see AFTER INSERT ON marks FOR EACH ROW EXECUTE FUNCTION see();
            """);
        var before = await ward.HashAsync();
        await ward.DeleteAsync("marks", "mark = 'bad'");
        await ward.ExecuteAsync("DELETE FROM people WHERE id = 5");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("would refer to nothing by by_person as well"));
        await ward.ExecuteAsync("INSERT INTO people VALUES (5)");
        Assert.That((await ward.UndoAsync()).Without, Does.Contain("see"));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [TestCase("id text COLLATE \"C\" PRIMARY KEY, rating text COLLATE \"de-x-icu\"")]
    [TestCase("id text COLLATE \"C\", rating text COLLATE \"de-x-icu\"")]
    [TestCase("id name, rating text COLLATE loose")]
    public async Task Columns_of_several_collations_are_compared_by_their_bytes(string columns)
    {
        await using var ward = await Ward.OpenAsync($"""
            CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE t ({columns}); INSERT INTO t VALUES ('a', 'Good'), ('b', 'bad'), ('b', 'BAD');
            """.Replace("('b', 'BAD')", columns.Contains("KEY", StringComparison.Ordinal) ? "('c', 'BAD')" : "('b', 'BAD')", StringComparison.Ordinal));
        var before = await ward.HashAsync();
        await ward.ChangeAsync("t", "rating COLLATE \"C\" = 'BAD'", ("rating", "NULL"));
        var changed = await ward.HashAsync();
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.RedoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(changed));
        await ward.UndoAsync();
        await ward.DeleteAsync("t", "rating COLLATE \"C\" = 'bad'");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }
}
