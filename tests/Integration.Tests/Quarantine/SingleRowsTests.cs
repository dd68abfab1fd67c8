using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>A few of the rows that were taken, by the same way and with the same refusals as all of them.</summary>
[TestFixture]
internal sealed class SingleRowsTests
{
    private const string Family =
        """
        CREATE TABLE parents (id int PRIMARY KEY, name text); INSERT INTO parents SELECT i, 'p' || i FROM generate_series(1, 4) i;
        CREATE TABLE kids (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE); INSERT INTO kids SELECT i, (i + 1) / 2 FROM generate_series(1, 8) i;
        CREATE TABLE notes (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE SET NULL); INSERT INTO notes SELECT i, i FROM generate_series(1, 4) i;
        """;

    private const string Plain = "CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT i, 'a' || i FROM generate_series(1, 10) i;";

    [Test]
    public async Task Rows_come_back_a_few_at_a_time_and_again_and_the_whole_is_what_it_was()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        var before = await ward.HashAsync();
        await ward.DeleteAsync("t", "id <= 6");
        var taken = await ward.HashAsync();
        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await ward.SomeAsync(r => r.Values[0] is "2" or "5"), Has.Property("Rows").EqualTo(2).And.Property("Left").EqualTo(4));
            Assert.That(await IdsAsync(ward), Is.EqualTo("2 5 7 8 9 10"));
            Assert.That(await ward.SomeAsync(r => r.Values[0] is "2" or "5"), Has.Property("Rows").EqualTo(0).And.Property("Left").EqualTo(4), "once more is nothing more");
            Assert.That((await ward.SomeAsync(r => r.Values[0] is "1" or "2")).Rows, Is.EqualTo(1), "of which one is back already");
            Assert.That((await ward.KeptAsync()).Select(r => $"{r.Values[0]}{(r.RestoredAt is null ? "" : "+")}"), Is.EqualTo(new[] { "1+", "2+", "3", "4", "5+", "6" }), "each row once, under its first name");
            Assert.That(await ward.ScalarAsync<long>("SELECT count(DISTINCT coalesce(settings->>'first_batch', id::text)) FROM healing_quarantine.batches"), Is.EqualTo(1));

            Assert.That(await ward.RefusedSomeAsync(r => r.Values[0] is "2", again: true), Does.Contain("2 rows came back together by attempt 1, and 1 of them are chosen"));
            Assert.That(await ward.RefusedSomeAsync(r => r.Values[0] is "3", again: true), Does.Contain("1 of the chosen rows lie in the quarantine"));
            Assert.That((await ward.SomeAsync(r => r.Values[0] is "2" or "5", again: true)).Rows, Is.EqualTo(2));
            Assert.That(await IdsAsync(ward), Is.EqualTo("1 7 8 9 10"));
        });
        await ward.SomeAsync(r => r.Values[0] is "1", again: true);
        Assert.That(await ward.HashAsync(), Is.EqualTo(taken));
        await ward.SomeAsync(r => r.Values[0] is "4");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before), "some one by one and the rest by an undo");
        await ward.RedoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(taken));
    }

    [Test]
    public async Task A_row_is_refused_whose_parent_lies_there_as_well_and_comes_with_it_or_after_it()
    {
        await using var ward = await Ward.OpenAsync(Family);
        var before = await ward.HashAsync();
        await ward.DeleteAsync("parents", "id <= 3");
        var parent = (await ward.KeptAsync()).Single(r => r.Table == "public.parents" && r.Values[0] == "2").Name;
        Assert.That(await ward.RefusedSomeAsync(r => r.Table == "public.kids" && r.Values[0] == "3"), Does.Contain($"kids_parent_fkey of public.kids refers to {parent}").And.Contain("Choose those too"));
        Assert.That(await ward.RefusedSomeAsync(r => r.Table == "public.notes" && r.Values[0] == "2"), Does.Contain($"notes_parent_fkey of public.notes refers to {parent}"));
        Assert.That((await ward.SomeAsync(r => (r.Table == "public.parents" && r.Values[0] == "2") || (r.Table == "public.kids" && r.Values[0] == "3"))).Rows, Is.EqualTo(2));
        Assert.That((await ward.SomeAsync(r => r.Table == "public.notes" && r.Values[0] == "2")).Without, Is.Null, "every key was watched");
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(coalesce(parent::text, '-'), ' ' ORDER BY id) FROM notes"), Is.EqualTo("- 2 - 4"));
        Assert.That((await ward.SomeAsync(_ => true)).Left, Is.Zero);
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_row_that_went_along_with_its_parent_goes_again_only_with_it()
    {
        await using var ward = await Ward.OpenAsync(Family);
        await ward.DeleteAsync("parents", "id = 2");
        var taken = await ward.HashAsync();
        await ward.SomeAsync(r => r.Table == "public.parents");
        await ward.SomeAsync(r => r.Table == "public.kids");
        Assert.That(await ward.RefusedSomeAsync(r => r.Table == "public.kids", again: true), Does.Contain("2 of the chosen rows were taken only because others that they refer to were"));
        Assert.That((await ward.SomeAsync(r => r.Table != "public.notes", again: true)).Rows, Is.EqualTo(3));
        Assert.That(await ward.HashAsync(), Is.EqualTo(taken));
    }

    [TestCase("INSERT INTO t VALUES (2, 'another')", "Key (id)=(2) already exists")]
    [TestCase("UPDATE healing_quarantine.rows SET vals[2] = 'forged' WHERE place = '(0,1)'", "somebody wrote to the quarantine")]
    [TestCase("ALTER TABLE t DROP COLUMN a", "the column a of public.t was dropped since")]
    [TestCase("ALTER TABLE t ADD CONSTRAINT big CHECK (id > 2)", "violates check constraint \"big\"")]
    public async Task What_does_not_fit_is_refused_and_named(string since, string said)
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.DeleteAsync("t", "id <= 3");
        await ward.ExecuteAsync(since);
        Assert.That(await ward.RefusedSomeAsync(r => r.Values[0] == "2"), Does.Contain(said));
    }

    [Test]
    public async Task What_stands_in_the_way_of_one_row_keeps_no_other_from_coming_back()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.DeleteAsync("t", "id <= 3");
        await ward.ExecuteAsync("INSERT INTO t VALUES (2, 'another')");
        Assert.That((await ward.SomeAsync(r => r.Values[0] is "1" or "3")).Left, Is.EqualTo(1));
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(a, ' ' ORDER BY id) FROM t WHERE id <= 3"), Is.EqualTo("a1 another a3"));
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("already exists"));
    }

    [Test]
    public async Task A_changed_row_goes_back_alone_unless_it_was_changed_again()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        await ward.ChangeAsync("t", "id <= 3", ("a", "NULL"));
        await ward.ExecuteAsync("UPDATE t SET a = 'theirs' WHERE id = 2");
        Assert.That(await ward.RefusedSomeAsync(r => r.Values[0] == "2"), Does.Contain("were changed again since"));
        Assert.That((await ward.SomeAsync(r => r.Values[0] == "3")).Left, Is.EqualTo(2));
        Assert.That(await ward.ScalarAsync<string>("SELECT string_agg(coalesce(a, '-'), ' ' ORDER BY id) FROM t WHERE id <= 3"), Is.EqualTo("- theirs a3"));
    }

    [Test]
    public async Task Two_repairs_of_one_incident_are_taken_back_in_their_order_though_the_first_was_split_later()
    {
        await using var ward = await Ward.OpenAsync(Plain);
        var before = await ward.HashAsync();
        await ward.ChangeAsync("t", "id <= 3", ("a", "'x'"));
        await ward.DeleteAsync("t", "id <= 2");
        await ward.SomeAsync(r => r.Action == "changed" && r.Values[0] == "3");
        Assert.That(await ward.RefusedSomeAsync(r => r.Action == "changed" && r.Values[0] == "1"), Does.Contain("no longer in public.t"));
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    private static Task<string?> IdsAsync(Ward ward) => ward.ScalarAsync<string>("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t");
}
