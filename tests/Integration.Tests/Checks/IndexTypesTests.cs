using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Every type of which bounds and codes are read natively, with the values at its edges.</summary>
[TestFixture, NonParallelizable]
public sealed class IndexTypesTests
{
    private static readonly (string Type, string Middle, string Low, string High)[] Bounds =
    [
        ("int2", "i % 100", "-32768", "32767"), ("int4", "i", "-2147483648", "2147483647"), ("int8", "i", "-9223372036854775808", "9223372036854775807"),
        ("oid", "i", "1", "4294967295"), ("float4", "i / 7.0", "'-infinity'", "'NaN'"), ("float8", "i / 7.0", "-1.7976931348623157e308", "'infinity'"),
        ("numeric", "i * 1.000001", "-123456789012345678901234567890.00001", "'NaN'"), ("numeric(20,4)", "i", "-0.0001", "9999999999999999.9999"),
        ("date", "'2020-01-01'::date + i % 900", "'4713-01-01 BC'", "'infinity'"), ("timestamp", "'2020-01-01'::timestamp + i * '1 hour'::interval", "'-infinity'", "'294276-12-31 23:59:59.999999'"),
        ("timestamptz", "'2020-01-01'::timestamp + i * '1 hour'::interval", "'4713-02-01 BC'", "'294276-12-30 23:59:59.999999+00'"),
        ("uuid", "md5(i::text)::uuid", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"),
        ("text", "'m' || i", "''", "'zz ''\" \\ Žluťoučký ' || repeat('z', 60)"), ("text COLLATE \"C\"", "'M' || i", "''", "'€'"), ("varchar(90)", "'m' || i", "''", "'zz'"),
        ("char(9)", "'m' || i", "''", "'zz'"), ("bytea", "decode(md5(i::text), 'hex')", "''", "'\\xffff'"),
    ];

    private static readonly (string Type, string Value)[] Codes =
    [
        ("int2", "i % 9"), ("int4", "-i"), ("int8", "i * 5000000000"), ("oid", "i"), ("float4", "i / 3.0"), ("float8", "-i / 3.0"), ("numeric", "i / 3.0"), ("text", "'t' || i"), ("text COLLATE \"C\"", "'t' || i"),
        ("varchar", "'v' || i"), ("char(7)", "'c' || i"), ("\"char\"", "'a'"), ("name", "'n' || i"), ("bytea", "decode(md5(i::text), 'hex')"), ("bool", "i % 2 = 0"), ("uuid", "md5(i::text)::uuid"),
        ("date", "CASE i % 99 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' ELSE '2020-01-01'::date - i END"), ("time", "'00:00'::time + i * '1 second'::interval"), ("timetz", "'00:00+02'::timetz + i * '1 second'::interval"),
        ("timestamp", "'2020-01-01'::timestamp - i * '1 hour'::interval"), ("timestamptz", "'2020-01-01'::timestamp - i * '1 hour'::interval"), ("interval", "i * '1 hour'::interval"),
        ("inet", "'10.0.0.0'::inet + i"), ("macaddr", "'08:00:2b:01:02:03'"), ("jsonb", "jsonb_build_object('a', i)"), ("int4[]", "ARRAY[i, -i]"), ("int4range", "int4range(i, i + 9)"), ("mood", "'glad'"), ("year", "1900 + i % 99"), ("xid", "i::text::xid"), ("cid", "i::text::cid"), ("raw", "decode(md5(i::text) || '00', 'hex')"),
    ];

    private static string Cast(string value, string type) => $"({value})::{type.Split(" COLLATE")[0]}";

    private static PgCluster Cluster => CheckCluster.Cluster;

    [Test]
    public async Task Bounds_of_every_type_cover_their_rows_until_one_was_not_told()
    {
        var database = await CheckCluster.MoviesAsync();
        var columns = string.Join(", ", Bounds.Select((b, n) => $"c{n} {b.Type}"));
        await Cluster.ExecuteAsync(database, $"CREATE TABLE typed (id int, {columns})");
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT i, {string.Join(", ", Bounds.Select((b, n) => $"CASE WHEN i % (31 + {n}) > 0 THEN {Cast(b.Middle, b.Type)} END"))} FROM generate_series(1, 1500) i");
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT -1, {string.Join(", ", Bounds.Select(b => Cast(b.Low, b.Type)))} UNION ALL SELECT -2, {string.Join(", ", Bounds.Select(b => Cast(b.High, b.Type)))}");
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT i FROM generate_series(2000, 3000) i");
        await Cluster.ExecuteAsync(database, "DELETE FROM typed WHERE id BETWEEN 1 AND 300 OR id > 2900");
        await Cluster.ExecuteAsync(database, "VACUUM typed");
        for (var n = 0; n < Bounds.Length; n++)
        {
            await Cluster.ExecuteAsync(database, $"CREATE INDEX typed_{n} ON typed USING brin (c{n}) WITH (pages_per_range = 1)");
        }
        await Cluster.ExecuteAsync(database, "CREATE INDEX typed_several ON typed USING brin (c1, c12, c6, c0) WITH (pages_per_range = 3)");
        var table = CheckScope.OfTable(await CheckCluster.OidAsync(database, "typed"));

        var sound = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(sound.Findings.Select(f => $"{f.Object}: {f.Detail}"), Is.Empty);
        Assert.That(sound.ExaminedNames, Has.Count.EqualTo(Bounds.Length + 1), sound.Reason);

        for (var n = 0; n < Bounds.Length; n++)
        {
            await new Damage(Cluster, database).OtherIndex.MissEntriesAsync($"typed_{n}", $"INSERT INTO typed (id, c{n}) VALUES (1, {Cast(Bounds[n].Low, Bounds[n].Type)}), (2, {Cast(Bounds[n].High, Bounds[n].Type)})");
        }
        var broken = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(broken.Findings.Select(f => f.Object.Quoted), Is.EquivalentTo(Bounds.Select((_, n) => $"public.typed_{n}")));
        Assert.That(broken.Findings.Select(f => f.Kind), Is.All.EqualTo(FindingKind.IndexIncomplete));
        Assert.That(broken.Findings.Select(f => f.Detail), Is.All.StartsWith("2 row(s)"));
    }

    /// <summary>minmax_multi keeps several ranges and single values: of few values, of many, with gaps, grown row by row, and of none.</summary>
    [Test]
    public async Task Several_ranges_cover_their_rows_until_one_was_not_told()
    {
        var database = await CheckCluster.MoviesAsync();
        var several = Bounds.Where(b => b.Type is "int2" or "int4" or "int8" or "oid" or "float4" or "float8" or "numeric" or "date" or "timestamp" or "timestamptz" or "uuid").ToArray();
        await Cluster.ExecuteAsync(database, $"CREATE TABLE typed (id int, {string.Join(", ", several.Select((b, n) => $"c{n} {b.Type}"))})");
        for (var n = 0; n < several.Length; n++)
        {
            await Cluster.ExecuteAsync(database, $"CREATE INDEX typed_{n} ON typed USING brin (c{n} {several[n].Type}_minmax_multi_ops(values_per_range = {(n % 2 == 0 ? 8 : 32)})) WITH (pages_per_range = 2, autosummarize = off)");
        }
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT i, {string.Join(", ", several.Select((b, n) => $"CASE WHEN i % (31 + {n}) > 0 THEN {Cast(b.Middle, b.Type)} END"))} FROM (SELECT (i * 7919) % 1500 AS i FROM generate_series(1, 1500) i) s");
        await Cluster.ExecuteAsync(database, "VACUUM typed");
        // into ranges that have summaries, one by one
        await Cluster.ExecuteAsync(database, "DELETE FROM typed WHERE id % 3 = 0");
        await Cluster.ExecuteAsync(database, "VACUUM typed");
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT -1, {string.Join(", ", several.Select(b => Cast(b.Low, b.Type)))} UNION ALL SELECT -2, {string.Join(", ", several.Select(b => Cast(b.High, b.Type)))}");
        await Cluster.ExecuteAsync(database, $"INSERT INTO typed SELECT i, {string.Join(", ", several.Select(b => Cast(b.Middle, b.Type)))} FROM generate_series(1, 90, 7) i");
        await Cluster.ExecuteAsync(database, "INSERT INTO typed SELECT i FROM generate_series(2000, 3000) i");
        await Cluster.ExecuteAsync(database, "CREATE INDEX typed_mixed ON typed USING brin (c1, c2 int8_minmax_multi_ops, c8) WITH (pages_per_range = 3)");
        var table = CheckScope.OfTable(await CheckCluster.OidAsync(database, "typed"));

        var sound = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(sound.Findings.Select(f => $"{f.Object}: {f.Detail}"), Is.Empty);
        Assert.That(sound.ExaminedNames, Has.Count.EqualTo(several.Length + 1), sound.Reason);

        await Cluster.ExecuteAsync(database, "DELETE FROM typed WHERE id < 0");
        await Cluster.ExecuteAsync(database, "VACUUM typed");
        await Cluster.ExecuteAsync(database, "REINDEX TABLE typed");
        for (var n = 0; n < several.Length; n++)
        {
            await new Damage(Cluster, database).OtherIndex.MissEntriesAsync($"typed_{n}", $"INSERT INTO typed (id, c{n}) VALUES (1, {Cast(several[n].Low, several[n].Type)}), (2, {Cast(several[n].High, several[n].Type)})");
        }
        var broken = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(broken.Findings.Select(f => f.Object.Quoted), Is.EquivalentTo(several.Select((_, n) => $"public.typed_{n}")));
        Assert.That(broken.Findings.Select(f => f.Kind), Is.All.EqualTo(FindingKind.IndexIncomplete));
        Assert.That(broken.Findings.Select(f => f.Detail), Has.All.Match("^[12] row"));
    }

    [Test]
    public async Task Codes_of_every_type_are_what_the_index_holds()
    {
        var database = await CheckCluster.MoviesAsync();
        await Cluster.ExecuteAsync(database, "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN year AS int CHECK (value > 0); CREATE DOMAIN raw AS bytea");
        await Cluster.ExecuteAsync(database, $"CREATE TABLE coded ({string.Join(", ", Codes.Select((c, n) => $"c{n} {c.Type}"))})");
        await Cluster.ExecuteAsync(database, $"INSERT INTO coded SELECT {string.Join(", ", Codes.Select((c, n) => $"CASE WHEN i % (31 + {n}) > 0 THEN {Cast(c.Value, c.Type)} END"))} FROM generate_series(1, 600) i");
        for (var n = 0; n < Codes.Length; n++)
        {
            await Cluster.ExecuteAsync(database, $"CREATE INDEX coded_{n} ON coded USING hash (c{n})");
        }
        var table = CheckScope.OfTable(await CheckCluster.OidAsync(database, "coded"));
        var sound = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(sound.Findings.Select(f => $"{f.Object}: {f.Detail}"), Is.Empty);
        Assert.That(sound.ExaminedNames, Has.Count.EqualTo(Codes.Length), sound.Reason);

        for (var n = 0; n < Codes.Length; n++)
        {
            await new Damage(Cluster, database).OtherIndex.FlipAsync($"coded_{n}", 0);
        }
        var broken = await CheckCluster.RunAsync(new IndexProbeCheck(), database, table);
        Assert.That(broken.Findings.Select(f => f.Object.Quoted).Distinct(), Is.SupersetOf(Codes.Select((_, n) => $"public.coded_{n}")));
    }
}
