using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using HealingWorkers.Jobs.Errors;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>Random schemas with keys of every action, random damages, repaired through the quarantine; then undone, done again, undone.</summary>
[TestFixture]
internal sealed class RandomUndoTests
{
    private static readonly string[] Actions = ["CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT"];
    private static readonly string[] Types = ["int", "numeric(12,3)", "text", "char(6)", "timestamptz", "interval", "bytea", "jsonb", "int[]", "double precision"];

    [Test]
    public async Task Repair_then_undo_is_table_hash_identical()
    {
        await using var ward = await Ward.OpenAsync("SELECT 1");
        // each world has orphans by any of its keys
        ward.Broken = [.. Enumerable.Range(0, 20).Select(l => FormattableString.Invariant($"fk {l}"))];
        var (cases, taken) = (0, 0L);
        Prop.ForAll(Worlds().ToArbitrary(), world => taken += RoundTripAsync(ward, world, ++cases).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithEndSize(12));
        await TestContext.Out.WriteLineAsync($"{cases} worlds, {taken} rows through the quarantine");
        Assert.That(taken, Is.Positive, "nothing was ever repaired");
    }

    private static Gen<World> Worlds() =>
        from tables in Gen.Choose(1, 4)
        from rows in Gen.Choose(1, 12)
        from types in Gen.Choose(0, Types.Length - 1).ListOf(tables)
        from links in (from child in Gen.Choose(0, tables - 1)
                       from parent in Gen.Choose(0, tables - 1)
                       from action in Gen.Choose(0, Actions.Length - 1)
                       from composite in Gen.Choose(0, 1)
                       select new Link(child, parent, Actions[action], composite == 1)).ListOf().Select(l => l.Take(5))
        from keyless in Gen.Choose(0, 3)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        from deeds in (from kind in Gen.Choose(0, 2) from table in Gen.Choose(0, tables - 1) from share in Gen.Choose(2, 5) select new Deed(kind, table, share)).ListOf().Select(d => d.Take(4))
        select new World(rows, [.. types.Select(t => Types[t])], [.. links], keyless == 0, seed, [.. deeds]);

    private static async Task<long> RoundTripAsync(Ward ward, World world, int number)
    {
        var schema = string.Create(CultureInfo.InvariantCulture, $"\"case \"\"{number}\"");
        await ward.ExecuteAsync($"DROP SCHEMA IF EXISTS healing_quarantine CASCADE; {world.Sql(schema)}");
        var before = await ward.HashAsync();
        var taken = 0L;
        foreach (var deed in world.Deeds)
        {
            taken += await DoAsync(ward, world, schema, deed);
        }
        var after = await ward.HashAsync();
        if (taken > 0)
        {
            await ward.UndoAsync();
            Assert.That(await ward.HashAsync(), Is.EqualTo(before), "after the undo");
            if (await RedoneAsync(ward))
            {
                Assert.That(await ward.HashAsync(), Is.EqualTo(after), "after the undo was undone");
                await ward.UndoAsync();
            }
            Assert.That(await ward.HashAsync(), Is.EqualTo(before), "after the second undo");
        }
        await ward.ExecuteAsync($"DROP SCHEMA {schema} CASCADE");
        return taken;
    }

    /// <summary>An orphan that was changed twice is the one thing that is not done again; it says so.</summary>
    private static async Task<bool> RedoneAsync(Ward ward)
    {
        try
        {
            await ward.RedoAsync();
            return true;
        }
        catch (HealingException refused)
        {
            Assert.That(refused.Message, Does.Contain("refer to nothing were changed more than once"));
            return false;
        }
    }

    /// <summary>What a key with NO ACTION does not let go is refused and changes nothing.</summary>
    private static async Task<long> DoAsync(Ward ward, World world, string schema, Deed deed)
    {
        var table = $"{schema}.t{deed.Table}";
        var before = await ward.HashAsync();
        try
        {
            return deed.Kind switch
            {
                0 => await ward.DeleteAsync(table, string.Create(CultureInfo.InvariantCulture, $"t.id % {deed.Share} = 0")),
                1 => await ward.ChangeAsync(table, string.Create(CultureInfo.InvariantCulture, $"t.id % {deed.Share} = 0"), ("val", "NULL"), ("note", "t.note || '!'")),
                _ => await ward.DeleteAsync(table, world.IsOrphan(schema, deed.Table)),
            };
        }
        catch (HealingException refused)
        {
            Assert.That(refused.Message, Does.Contain("does not let go"));
            Assert.That(await ward.HashAsync(), Is.EqualTo(before));
            return 0;
        }
    }

    private sealed record Link(int Child, int Parent, string Action, bool Composite);

    /// <param name="Kind">0 deletes some, 1 changes some, 2 deletes what refers to nothing.</param>
    private sealed record Deed(int Kind, int Table, int Share);

    private sealed record World(int Rows, string[] Types, Link[] Links, bool Keyless, int Seed, Deed[] Deeds)
    {
        public string Sql(string schema)
        {
            var sql = new List<string> { $"CREATE SCHEMA {schema}; SET search_path = {schema}" };
            for (var t = 0; t < Types.Length; t++)
            {
                // a table without a primary key has a key for references only, which may be null in part
                var key = Keyless ? "UNIQUE (id)" : "PRIMARY KEY (id)";
                sql.Add(string.Create(CultureInfo.InvariantCulture, $"CREATE TABLE t{t} (id int, tag text DEFAULT 'd', val {Types[t]}, note text, {key}, UNIQUE (id, tag))"));
            }
            var random = new Random(Seed);
            for (var l = 0; l < Links.Length; l++)
            {
                var link = Links[l];
                sql.Add(string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE t{link.Child} ADD \"to {l}\" int DEFAULT 1, ADD \"tag {l}\" text DEFAULT 'tag 1'"));
            }
            for (var t = 0; t < Types.Length; t++)
            {
                for (var id = 1; id <= Rows; id++)
                {
                    sql.Add(Row(t, id, random));
                }
            }
            for (var l = 0; l < Links.Length; l++)
            {
                var (columns, to) = Links[l].Composite ? ($"\"to {l}\", \"tag {l}\"", "id, tag") : ($"\"to {l}\"", "id");
                sql.Add(string.Create(CultureInfo.InvariantCulture, $"ALTER TABLE t{Links[l].Child} ADD CONSTRAINT \"fk {l}\" FOREIGN KEY ({columns}) REFERENCES t{Links[l].Parent} ({to}) ON DELETE {Links[l].Action}"));
            }
            // orphans, as a crash or a disabled trigger leaves them
            sql.Add("SET session_replication_role = replica");
            foreach (var t in Links.Select(l => l.Child).Distinct())
            {
                for (var id = Rows + 1; id <= Rows + 3; id++)
                {
                    sql.Add(Row(t, id, random, orphan: true));
                }
            }
            sql.Add("SET session_replication_role = origin; RESET search_path");
            return string.Join(";\n", sql);
        }

        public string IsOrphan(string schema, int table) => string.Join(" OR ", Links.Select((l, i) => (Link: l, Number: i)).Where(l => l.Link.Child == table)
            .Select(l => string.Create(CultureInfo.InvariantCulture, $"(t.\"to {l.Number}\" IS NOT NULL AND NOT EXISTS (SELECT FROM {schema}.t{l.Link.Parent} p WHERE p.id = t.\"to {l.Number}\"))")).Append("false"));

        private string Row(int table, int id, Random random, bool orphan = false)
        {
            var links = Links.Select((l, i) => (Link: l, Number: i)).Where(l => l.Link.Child == table).ToList();
            var columns = links.SelectMany(l => new[] { $"\"to {l.Number}\"", $"\"tag {l.Number}\"" });
            var values = links.SelectMany(l =>
            {
                var parent = random.Next(5) == 0 ? 0 : 1 + random.Next(Rows);
                return orphan ? ["7777", "'tag 7777'"] : parent == 0 ? new[] { "NULL", "NULL" } : [parent.ToString(CultureInfo.InvariantCulture), $"'tag {parent}'"];
            });
            var value = random.Next(4) == 0 ? "NULL" : $"'{Value(Types[table], random.Next(1000))}'";
            return string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t{table} ({string.Join(", ", columns.Prepend("note").Prepend("val").Prepend("tag").Prepend("id"))}) VALUES ({string.Join(", ", values.Prepend("'it''s \"'").Prepend(value).Prepend($"'tag {id}'").Prepend(id.ToString(CultureInfo.InvariantCulture)))})");
        }

        private static string Value(string type, int n) => type switch
        {
            "text" or "char(6)" => string.Create(CultureInfo.InvariantCulture, $"x {n} "),
            "timestamptz" => string.Create(CultureInfo.InvariantCulture, $"2020-01-{1 + (n % 28):00} 12:00:00.{n:000}+05:45"),
            "interval" => string.Create(CultureInfo.InvariantCulture, $"{n - 500} days -{n} minutes"),
            "bytea" => string.Create(CultureInfo.InvariantCulture, $"\\x{n:x4}"),
            "jsonb" => string.Create(CultureInfo.InvariantCulture, $"{{\"n\": [{n}, null]}}"),
            "int[]" => string.Create(CultureInfo.InvariantCulture, $"{{{n},NULL}}"),
            "double precision" => string.Create(CultureInfo.InvariantCulture, $"{n}e-17"),
            _ => n.ToString(CultureInfo.InvariantCulture),
        };
    }
}
