using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class RuleOptionsTests
{
    private const string Target = "targets:\n- name: a\n  connection: Host=x\n  rules:\n    ";

    [Test]
    public void Rules_of_each_kind_are_read()
    {
        using var files = new ConfigFiles(""""
            targets:
            - name: none
              connection: Host=x
            - name: movies
              connection: Host=x
              rules:
                foreign_keys:
                - { from: movies.tmdb_id, to: external_metadata.id, on_orphan: quarantine, where: "deleted_at IS NULL" }
                - { from: '"My ""Shop""".Orders.a, "My ""Shop""".Orders."B"', to: "p.x, p.y", audit_table: log.changes }
                allowed_values:
                - { column: movies.content_rating, type: content_rating, on_violation: nullify }
                - { column: public.movies.genre, lookup: genres.name }
                - { column: movies.state, values: [new, "old", 3], mark: "" }
                json: [{ column: movies.metadata_json, schema: schemas/metadata.json, on_violation: nullify }]
                sql: [{ name: no_negative_runtime, query: negative.sql, on_violation: report }]
                duplicates: [{ table: movies, keep: referenced }, { table: '"My ""Shop""".orders' }]
            """");
        System.IO.Directory.CreateDirectory(Path.Combine(files.Directory, "schemas"));
        files.Write("schemas/metadata.json", """{ "type": "object" }""");
        files.Write("negative.sql", "SELECT id FROM movies WHERE runtime < 0");
        var options = files.Load().Options;
        Assert.That(options.Targets[0].Rules.ForeignKeys, Is.Empty);
        var rules = options.Targets[1].Rules;
        Assert.Multiple(() =>
        {
            Assert.That(rules.ForeignKeys.Select(r => (r.From.ToString(), r.To.ToString(), r.OnOrphan, r.Where, r.AuditTable?.ToString())), Is.EqualTo(new (string, string, RuleAction, string, string?)[]
            {
                ("movies.tmdb_id", "external_metadata.id", RuleAction.Quarantine, "deleted_at IS NULL", null),
                ("\"My \"\"Shop\"\"\".orders.a, \"My \"\"Shop\"\"\".orders.\"B\"", "p.x, p.y", RuleAction.Report, "", "log.changes"),
            }));
            Assert.That(rules.AllowedValues.Select(r => (r.Column.ToString(), r.Type?.ToString(), r.Lookup?.ToString(), string.Join('|', r.Values), r.OnViolation, r.Mark)), Is.EqualTo(new (string, string?, string?, string, RuleAction, string)[]
            {
                ("movies.content_rating", "content_rating", (string?)null, "", RuleAction.Nullify, "needs_review"),
                ("public.movies.genre", null, "genres.name", "", RuleAction.Report, "needs_review"),
                ("movies.state", null, null, "new|old|3", RuleAction.Report, ""),
            }));
            Assert.That(rules.Duplicates.Select(r => (r.Table.ToString(), r.Keep)), Is.EqualTo(new[] { ("movies", KeepRow.Referenced), ("\"My \"\"Shop\"\"\".orders", KeepRow.Ask) }));
            Assert.That(rules.Json.Single().Schema, Is.EqualTo(Path.Combine(files.Directory, "schemas", "metadata.json")));
            Assert.That(rules.Sql.Single().Query, Is.EqualTo(Path.Combine(files.Directory, "negative.sql")));
        });
    }

    [Test]
    public void Rules_can_come_from_the_environment()
    {
        using var files = new ConfigFiles(Target + "allowed_values: [{ column: m.a, values: [x] }]");
        files.Environment["HEALING__TARGETS__0__RULES__ALLOWED_VALUES__0__ON_VIOLATION"] = "quarantine";
        files.Environment["HEALING__TARGETS__0__RULES__ALLOWED_VALUES__0__VALUES__1"] = "y";
        var rule = files.Load().Options.Targets[0].Rules.AllowedValues.Single();
        Assert.That((rule.OnViolation, string.Join('|', rule.Values)), Is.EqualTo((RuleAction.Quarantine, "x|y")));
    }

    [TestCase("foreign_keys: [{ from: movies, to: e.id }]", "`targets[0].rules.foreign_keys[0].from` takes columns like movies.id or \"Sales\".orders.movie_id, not `movies`")]
    [TestCase("foreign_keys: [{ from: 'a.b.c.d', to: e.id }]", "`targets[0].rules.foreign_keys[0].from` takes columns like movies.id or \"Sales\".orders.movie_id, not `a.b.c.d`")]
    [TestCase("foreign_keys: [{ from: 'm.a; drop', to: e.id }]", "`targets[0].rules.foreign_keys[0].from` takes columns like movies.id or \"Sales\".orders.movie_id, not `m.a; drop`")]
    [TestCase("foreign_keys: [{ from: 'm.a, n.b', to: e.id }]", "`targets[0].rules.foreign_keys[0].from` takes columns like movies.id or \"Sales\".orders.movie_id, not `m.a, n.b` (all of them must be columns of one table)")]
    [TestCase("foreign_keys: [{ from: 'm.a, m.b', to: e.id }]", "`targets[0].rules.foreign_keys[0]` points from 2 column(s) to 1; as many were expected")]
    [TestCase("foreign_keys: [{ from: m.a }]", "`targets[0].rules.foreign_keys[0].to` is missing; columns like movies.id or \"Sales\".orders.movie_id was expected")]
    [TestCase("foreign_keys: [{ from: m.a, to: e.id, on_orphan: delete }]", "`targets[0].rules.foreign_keys[0].on_orphan` takes report or quarantine or nullify, not `delete`")]
    [TestCase("foreign_keys: [{ from: m.a, to: e.id, on_orphans: report }]", "there is no key `targets[].rules.foreign_keys[].on_orphans`; did you mean `targets[].rules.foreign_keys[].on_orphan`?")]
    [TestCase("allowed_values: [{ column: m.a }]", "`targets[0].rules.allowed_values[0]` says not what is allowed; one of `type`, `lookup` and `values` was expected")]
    [TestCase("allowed_values: [{ column: m.a, type: t, values: [x] }]", "`targets[0].rules.allowed_values[0]` says more than once what is allowed; one of `type`, `lookup` and `values` was expected")]
    [TestCase("allowed_values: [{ column: 'm.a, m.b', values: [x] }]", "`targets[0].rules.allowed_values[0].column` takes a column like movies.rating or \"Sales\".orders.state, not `m.a, m.b` (one column was expected)")]
    [TestCase("json: [{ column: m.a, schema: none.json }]", "`targets[0].rules.json[0].schema` names a file that cannot be read: Could not find file 'DIR/none.json'.")]
    [TestCase("json: [{ column: m.a, schema: words.json }]", "`targets[0].rules.json[0].schema` names DIR/words.json, which cannot be used as a JSON Schema: #/properties/a uses `contains`, which is not understood here")]
    [TestCase("json: [{ column: m.a, schema: away.json }]", "`targets[0].rules.json[0].schema` names DIR/away.json, which cannot be used as a JSON Schema: #/properties/a refers to http://example.org/x; only what is in the same file can be referred to")]
    [TestCase("json: [{ column: m.a, schema: text.json }]", "`targets[0].rules.json[0].schema` names DIR/text.json, which cannot be used as a JSON Schema: it is not JSON at line 1")]
    [TestCase("json: [{ column: m.a, schema: nothing.json }]", "`targets[0].rules.json[0].schema` names DIR/nothing.json, which cannot be used as a JSON Schema: it says nothing about any value")]
    [TestCase("sql: [{ name: n, query: none.sql }]", "`targets[0].rules.sql[0].query` names a file that cannot be read: Could not find file 'DIR/none.sql'.")]
    [TestCase("sql: [{ name: n, query: empty.sql }]", "`targets[0].rules.sql[0].query` names DIR/empty.sql, which is empty; one SELECT was expected")]
    [TestCase("sql: [{ name: n, query: text.json, on_violation: nullify }]", "`targets[0].rules.sql[0].on_violation` takes report, not `nullify` (what it returns says nothing about which rows to change)")]
    [TestCase("sql: [{ name: n, query: text.json }, { name: n, query: text.json }]", "two SQL rules are called `n`; the other is at healing.yaml:5")]
    [TestCase("duplicates: [{ keep: oldest }]", "`targets[0].rules.duplicates[0].table` is missing; a name like ratings or public.ratings was expected")]
    [TestCase("duplicates: [{ table: m, keep: newest }]", "`targets[0].rules.duplicates[0].keep` takes ask or referenced or oldest, not `newest`")]
    [TestCase("duplicates: [{ table: m, keep: oldest }, { table: m }]", "two rules are about duplicates of `m`; the other is at healing.yaml:5")]
    public void What_is_wrong_is_refused_with_its_line(string rules, string problem)
    {
        using var files = new ConfigFiles(Target + rules);
        files.Write("words.json", """{ "properties": { "a": { "contains": {} } } }""");
        files.Write("away.json", """{ "properties": { "a": { "$ref": "http://example.org/x" } } }""");
        files.Write("text.json", "no");
        files.Write("nothing.json", """{ "title": "x" }""");
        files.Write("empty.sql", " \n");
        Assert.That(files.Problems(), Is.EqualTo(new[] { "healing.yaml:5: " + problem.Replace("DIR", files.Directory, StringComparison.Ordinal) }));
    }
}
