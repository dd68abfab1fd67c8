using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>Every kind of value comes back as it was: the bytes of the text that its type writes, and NULL as NULL.</summary>
[TestFixture]
internal sealed class TypeZooTests
{
    private const string Zoo =
        """
        CREATE SCHEMA "we""ird; DROP TABLE x--";
        CREATE TYPE "we""ird; DROP TABLE x--"."mo od" AS ENUM ('a''b', 'c,d', '', '"');
        CREATE TYPE pair AS (a int, b text);
        CREATE DOMAIN small AS int CHECK (VALUE < 100);
        CREATE DOMAIN papers AS xml;
        CREATE TABLE "we""ird; DROP TABLE x--"."ta""ble @places :x" (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, "co""l @places" text, "t" text, ctidx tid,
            mood "we""ird; DROP TABLE x--"."mo od", moods "we""ird; DROP TABLE x--"."mo od"[], p pair, ps pair[], s small, x xml, dx papers,
            c char(5), v varchar(7), n name, ch "char", b bytea, j json, jb jsonb, m money, f4 real, f8 double precision, num numeric, num2 numeric(10,4),
            d date, ti time, tz timetz, ts timestamp, tstz timestamptz, iv interval, u uuid, ip inet, mac macaddr, bits bit(5), vbits varbit, r int4range, mr int4multirange,
            tsr tstzrange, vec tsvector, q tsquery, pt point, po polygon, rc regclass, rt regtype, o oid, l pg_lsn, a int[], a2 text[][], big text,
            loud text GENERATED ALWAYS AS (upper("t")) STORED);
        ALTER TABLE "we""ird; DROP TABLE x--"."ta""ble @places :x" DROP COLUMN gone;
        INSERT INTO "we""ird; DROP TABLE x--"."ta""ble @places :x" ("co""l @places", "t", ctidx, mood, moods, p, ps, s, x, dx, c, v, n, ch, b, j, jb, m, f4, f8, num, num2, d, ti, tz, ts, tstz, iv,
            u, ip, mac, bits, vbits, r, mr, tsr, vec, q, pt, po, rc, rt, o, l, a, a2, big)
        VALUES
            (E'\\ " '' , NULL {} @places :x \n\t', 'straße', '(1,2)', 'a''b', '{"c,d",""}', '(1,"a,""b")', '{"(1,\"x\")",NULL}', 99,
             '<?xml version="1.0" encoding="UTF-8"?><a>1</a>', '<b/>', 'ab', 'x  ', 'nam', '', '\x00ff5c', '{"b":  1, "a" :[ ]}', '{"b":1}', '-92233720368547758.08', '1.17549e-38', '0.1',
             'NaN', 1.5, '4713-01-01 BC', '24:00', '12:00:00.123456+15:59:59', 'infinity', '0044-03-15 12:00:00 BC', '-1 mons +2 days -03:04:05.678',
             gen_random_uuid(), '::ffff:1.2.3.4/128', '08:00:2b:01:02:03', B'10101', B'', 'empty', '{[1,3),[5,)}', '["2020-01-01 00:00+05",)', '''a b'':1A c:2', '!a & (b | c:*)', '(1e-300,-0)', '((0,0),(1,1),(2,0))',
             'pg_class', 'int4', 4294967295, 'FFFFFFFF/FFFFFFFF', '[0:2]={1,NULL,3}', '{{a,"b\"c"},{NULL,"NULL"}}', repeat('long ', 100000)),
            (NULL, '', NULL, '', '{}', ROW(NULL, NULL), ARRAY[ROW(NULL, NULL)::pair], NULL, NULL, NULL, '', '', '', 'x', '', 'null', 'null', '0', 'NaN', '-Infinity', '-0.0000', NULL, '-infinity', '00:00', NULL, '-infinity', 'infinity',
             '00:00', NULL, NULL, NULL, B'00000', NULL, NULL, '{}', NULL, '', '', NULL, NULL, NULL, NULL, 0, NULL, NULL, '{}', '');
        INSERT INTO "we""ird; DROP TABLE x--"."ta""ble @places :x" DEFAULT VALUES;
        """;

    private const string Table = "\"we\"\"ird; DROP TABLE x--\".\"ta\"\"ble @places :x\"";

    [TestCase("ISO, DMY", "sql_standard")]
    [TestCase("German, YMD", "postgres_verbose")]
    public async Task Comes_back_as_it_was_and_goes_and_comes_again(string dates, string intervals)
    {
        await using var ward = await Ward.OpenAsync(Zoo);
        await ward.ExecuteAsync($"ALTER DATABASE {ward.Database} SET datestyle = '{dates}'; ALTER DATABASE {ward.Database} SET intervalstyle = '{intervals}'; ALTER DATABASE {ward.Database} SET timezone = 'Asia/Kathmandu'; "
            + $"ALTER DATABASE {ward.Database} SET extra_float_digits = -10; ALTER DATABASE {ward.Database} SET bytea_output = 'escape'; ALTER DATABASE {ward.Database} SET xmloption = 'document'");
        var before = await ward.HashAsync();
        var stored = await ward.ScalarAsync<string>($"SELECT string_agg(x::text || dx::text, '') FROM {Table}");
        Assert.That(await ward.DeleteAsync(Table), Is.EqualTo(3));
        Assert.That((await ward.UndoAsync()).Rows, Is.EqualTo(3));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        Assert.That(await ward.ScalarAsync<string>($"SELECT string_agg(x::text || dx::text, '') FROM {Table}"), Is.EqualTo(stored), "xml keeps what it declares");
        Assert.That(await ward.ScalarAsync<long>($"SELECT count(*) FROM {Table} WHERE p IS NOT DISTINCT FROM NULL"), Is.EqualTo(1), "a row of NULLs is a value");
        Assert.That(await ward.RedoAsync(), Is.EqualTo(3));
        Assert.That(await ward.ScalarAsync<long>($"SELECT count(*) FROM {Table}"), Is.Zero);
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_change_of_every_column_comes_back_as_well()
    {
        await using var ward = await Ward.OpenAsync(Zoo);
        var before = await ward.HashAsync();
        var columns = (await ward.ScalarAsync<string[]>($"SELECT array_agg(quote_ident(attname)) FROM pg_attribute WHERE attrelid = '{Table.Replace("'", "''", StringComparison.Ordinal)}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''"))!;
        Assert.That(await ward.ChangeAsync(Table, "true", [.. columns.Select(c => (c, "NULL"))]), Is.EqualTo(3));
        var changed = await ward.HashAsync();
        Assert.That(changed, Is.Not.EqualTo(before));
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        Assert.That(await ward.RedoAsync(), Is.EqualTo(3));
        Assert.That(await ward.HashAsync(), Is.EqualTo(changed));
    }
}
