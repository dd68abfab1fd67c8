using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

[TestFixture]
public sealed class ValueRepairTests
{
    private const string Movies = """
        CREATE TABLE movies (id int PRIMARY KEY, rating text, meta jsonb, "needs_review" boolean NOT NULL DEFAULT false);
        INSERT INTO movies SELECT i, 'PG', '{"a": 1}' FROM generate_series(1, 100) i;
        UPDATE movies SET rating = 'bad' WHERE id IN (7, 8);
        UPDATE movies SET meta = '{"a": "x"}' WHERE id = 9;
        CREATE TABLE changes (id bigint GENERATED ALWAYS AS IDENTITY, table_name text NOT NULL, column_name text, row_key jsonb, old_value text, action text, reason text, incident bigint, changed_at timestamptz);
        """;

    private static AllowedValuesRule Ratings(RuleAction action) => new() { Column = ColumnList.Parse("movies.rating"), Values = ["G", "PG"], OnViolation = action, AuditTable = TablePath.Parse("changes") };

    private static JsonRule Meta(Clinic clinic, RuleAction action) => new()
    {
        Column = ColumnList.Parse("movies.meta"), OnViolation = action, Mark = "",
        Schema = clinic.Write("meta.json", """{ "type": "object", "properties": { "a": { "type": "integer" } } }"""),
    };

    [Test]
    public async Task Values_are_nullified_marked_kept_and_told()
    {
        await using var clinic = await Clinic.OpenAsync(Movies, r => r.AllowedValues.Add(Ratings(RuleAction.Nullify)));
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, healed.Repair), Is.EqualTo((IncidentState.Resolved, "nullify_values")), healed.Reason);
        Assert.That((await clinic.CountAsync("movies WHERE rating IS NULL AND needs_review AND id IN (7, 8)"), await clinic.CountAsync("movies WHERE needs_review")), Is.EqualTo((2L, 2L)));
        Assert.That(await clinic.CountAsync($"changes WHERE table_name = 'public.movies' AND column_name = 'rating' AND row_key IN ('{{\"id\": 7}}', '{{\"id\": 8}}') AND old_value = 'bad' AND action = 'nullify' AND incident = {healed.Id}"), Is.EqualTo(2));
        Assert.That(await clinic.CountAsync("healing_quarantine.rows WHERE 'bad' = ANY (vals)"), Is.EqualTo(2));
        var told = await Clinic.Cluster.ScalarAsync<long>(new Npgsql.NpgsqlConnectionStringBuilder(clinic.Db.ConnectionString).Database!, "SELECT count(*) FROM healing.audit_log WHERE message LIKE '2 row(s) of public.movies changed (rating, needs_review)%'");
        Assert.That(told, Is.EqualTo(1));
    }

    [Test]
    public async Task Values_are_quarantined_with_their_rows()
    {
        await using var clinic = await Clinic.OpenAsync(Movies, r => r.AllowedValues.Add(Ratings(RuleAction.Quarantine)));
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, await clinic.CountAsync("movies"), await clinic.CountAsync("changes WHERE old_value LIKE '{\"id\": %'")), Is.EqualTo((IncidentState.Resolved, 98L, 2L)), healed.Reason);
    }

    [Test]
    public async Task The_whole_row_is_told_whatever_its_columns_and_the_owners_operators_are_called()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE movies (id int PRIMARY KEY, rating text, t text, s text, p text, c text, x text);
            INSERT INTO movies SELECT i, 'PG', 't', 's', 'p', 'c', 'x' FROM generate_series(1, 100) i;
            UPDATE movies SET rating = 'bad' WHERE id IN (7, 8);
            CREATE TABLE changes (row_key jsonb, old_value jsonb);
            CREATE FUNCTION never(tid, tid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
            CREATE OPERATOR public.= (LEFTARG = tid, RIGHTARG = tid, FUNCTION = never)
            """, r => r.AllowedValues.Add(Ratings(RuleAction.Quarantine)));
        await clinic.RunAsync($"ALTER DATABASE {clinic.Database} SET search_path = public, pg_catalog");
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, await clinic.CountAsync("movies"), await clinic.CountAsync("changes WHERE old_value = row_key || '{\"rating\": \"bad\", \"t\": \"t\", \"s\": \"s\", \"p\": \"p\", \"c\": \"c\", \"x\": \"x\"}'")),
            Is.EqualTo((IncidentState.Resolved, 98L, 2L)), healed.Reason);
    }

    [TestCase(RuleAction.Nullify, 100)]
    [TestCase(RuleAction.Quarantine, 99)]
    public async Task Json_of_another_shape(RuleAction action, long left)
    {
        await using var clinic = await Clinic.OpenAsync(Movies);
        clinic.Target.Options.Rules.Json.Add(Meta(clinic, action));
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, await clinic.CountAsync("movies"), await clinic.CountAsync("movies WHERE id = 9 AND meta IS NOT NULL"), await clinic.CountAsync("movies WHERE needs_review")),
            Is.EqualTo((IncidentState.Resolved, left, 0L, 0L)), healed.Reason);
    }

    [Test]
    public async Task Lengths_are_counted_in_characters()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE movies (id int PRIMARY KEY, meta jsonb);
            INSERT INTO movies VALUES (1, '{"mood": "👍👍👍"}'), (2, '{"mood": "👍👍👍👍"}'), (3, '{"mood": "abcd"}'), (4, '{"mood": "👍"}'), (5, '{"mood": "ab"}')
            """);
        clinic.Target.Options.Rules.Json.Add(new()
        {
            Column = ColumnList.Parse("movies.meta"), OnViolation = RuleAction.Nullify, Mark = "",
            Schema = clinic.Write("moods.json", """{ "properties": { "mood": { "type": ["string", "null"], "minLength": 2, "maxLength": 3 } } }"""),
        });
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, await Clinic.Cluster.ScalarAsync<string>(clinic.Database, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM movies WHERE meta IS NULL")), Is.EqualTo((IncidentState.Resolved, "2 3 4")), healed.Reason);
    }

    [TestCase("CREATE EXTENSION citext", "citext", "{PG,G}", "'pg'", "'x'")]
    [TestCase("CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)", "text COLLATE blind", "{PG,G}", "'pg'", "'x'")]
    [TestCase("CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE DOMAIN word AS text COLLATE blind; CREATE DOMAIN rated AS word", "rated", "{PG,G}", "'pg'", "'x'")]
    [TestCase("SELECT 1", "text[]", "{\"{a, b}\"}", "'{a,b}'", "'{a,c}'")]
    [TestCase("SELECT 1", "char(5)", "{\"new  \"}", "'new'", "'old'")]
    [TestCase("SELECT 1", "int4range", "{\"[1,4]\"}", "'[1,5)'", "'[1,6)'")]
    [TestCase("CREATE TYPE r AS ENUM ('G', 'PG', 'X')", "r", "{G,PG,OLD}", "'PG'", "'X'")]
    public async Task What_the_column_calls_equal_is_allowed(string before, string type, string allowed, string right, string wrong)
    {
        await using var clinic = await Clinic.OpenAsync($"{before}; CREATE TABLE movies (id int PRIMARY KEY, \"ra%ting\" {type}); INSERT INTO movies VALUES (1, {right}), (2, {wrong}), (3, NULL)");
        var values = await Clinic.Cluster.ScalarAsync<string[]>(clinic.Database, $"SELECT '{allowed}'::text[]");
        clinic.Target.Options.Rules.AllowedValues.Add(new() { Column = ColumnList.Parse("movies.\"ra%ting\""), Values = [.. values!], OnViolation = RuleAction.Nullify });
        var healed = await clinic.HealOnlyAsync();
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        Assert.That(await Clinic.Cluster.ScalarAsync<string>(clinic.Database, "SELECT string_agg(id::text, ' ' ORDER BY id) FROM movies WHERE \"ra%ting\" IS NULL"), Is.EqualTo("2 3"));
    }

    [Test]
    public async Task A_lookup_goes_by_what_the_column_calls_equal()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE codes (code text PRIMARY KEY); INSERT INTO codes VALUES ('PG');
            CREATE TABLE movies (id int PRIMARY KEY, rating text COLLATE blind); INSERT INTO movies VALUES (1, 'pg'), (2, 'x')
            """, r => r.AllowedValues.Add(new() { Column = ColumnList.Parse("movies.rating"), Lookup = ColumnList.Parse("codes.code"), OnViolation = RuleAction.Nullify }));
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, await clinic.CountAsync("movies WHERE id = 1 AND rating = 'pg'"), await clinic.CountAsync("movies WHERE rating IS NULL")), Is.EqualTo((IncidentState.Resolved, 1L, 1L)), healed.Reason);
    }

    [Test]
    public async Task A_rule_that_only_tells_changes_nothing()
    {
        await using var clinic = await Clinic.OpenAsync(Movies, r => r.AllowedValues.Add(Ratings(RuleAction.Report)));
        clinic.ApproveAll = true;
        var told = await clinic.HealOnlyAsync();
        Assert.That((told.State, await clinic.CountAsync("movies WHERE rating = 'bad'")), Is.EqualTo((IncidentState.Escalated, 2L)));
        Assert.That(told.Reason, Does.Contain("only told"));
    }

    [TestCase("ALTER TABLE movies ALTER rating SET NOT NULL", "the column rating of public.movies is NOT NULL")]
    [TestCase("ALTER TABLE movies DROP COLUMN needs_review, ADD needs_review int", "cannot mark a row")]
    [TestCase("ALTER TABLE changes ADD who text NOT NULL", "wants a value in who")]
    [TestCase("DROP TABLE changes", "there is no table changes")]
    [TestCase("ALTER TABLE changes ADD CHECK (incident < 0)", "23514")]
    public async Task What_cannot_be_done_as_the_rule_says_is_refused_by_name(string sql, string why)
    {
        await using var clinic = await Clinic.OpenAsync(Movies + sql, r => r.AllowedValues.Add(Ratings(RuleAction.Nullify)));
        var refused = await clinic.HealOnlyAsync();
        Assert.That(refused.State, Is.Not.EqualTo(IncidentState.Resolved));
        Assert.That(refused.Reason, Does.Contain(why));
        Assert.That(await clinic.CountAsync("movies WHERE rating = 'bad'"), Is.EqualTo(2));
    }

    [TestCase("ALTER TABLE t ADD CONSTRAINT good CHECK (n > 0) NOT VALID; UPDATE pg_constraint SET convalidated = true WHERE conname = 'good'", "a twin of the constraint was added")]
    [TestCase("UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 't'::regclass AND attname = 'n'", "a twin of the constraint was added")]
    public async Task Rows_that_break_a_valid_constraint_wait_for_approval(string sql, string proof)
    {
        await using var clinic = await Clinic.OpenAsync("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, i FROM generate_series(1, 50) i; INSERT INTO t VALUES (51, " + (sql.Contains("CHECK", StringComparison.Ordinal) ? "-1" : "NULL") + "); " + sql);
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("t")), Is.EqualTo((IncidentState.AwaitingApproval, 51L)), waiting.Reason);
        clinic.ApproveAll = true;
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("t")), Is.EqualTo((IncidentState.Resolved, 50L)), healed.Reason);
        Assert.That(healed.Reason, Does.Contain(proof));
        Assert.That(await clinic.CountAsync("pg_constraint WHERE conname LIKE 'healing%'"), Is.Zero);
    }
}
