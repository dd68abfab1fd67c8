using System.Globalization;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>
/// A random schema with random damage, all of it from one number, with the rules that name the damage and changes of the schema that can be mapped.
/// Left out: rows behind a broken unique key or a broken check, since their undo is refused while the constraint stands.
/// </summary>
internal sealed class RandomWorld
{
    private const int Damaged = 3;
    private static readonly string[] Deletes = ["CASCADE", "CASCADE", "CASCADE", "SET NULL", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT"];
    private static readonly string[] Updates = ["NO ACTION", "CASCADE", "SET NULL", "RESTRICT"];
    private static readonly string[] Types = ["int", "numeric(12,3)", "text", "char(6)", "timestamptz", "interval", "bytea", "jsonb", "int[]", "text[]", "double precision", "mood", "mood[]", "word", "pair"];

    private static readonly string[] Misshapen = ["'{\"a\": \"x\"}'", "'[1,  2]'", "'{}'"];

    private readonly Random _random;
    private readonly int _rows;
    private readonly List<string> _sql = [];
    private readonly List<Table> _tables = [];
    private readonly List<Link> _links = [];

    /// <param name="newest">Major version of the server, for what only later ones know.</param>
    public RandomWorld(int seed, int newest)
    {
        _random = new(seed);
        _rows = _random.Next(2, 10);
        _sql.Add("CREATE TYPE mood AS ENUM ('good', 'fair', 'bad'); CREATE DOMAIN word AS text CHECK (length(VALUE) < 20); CREATE TYPE pair AS (n int, t text); CREATE SCHEMA elsewhere; "
            + "CREATE TABLE changes (id bigint GENERATED ALWAYS AS IDENTITY, table_name text, column_name text, row_key jsonb, old_value text, action text, incident bigint)");
        var count = _random.Next(1, 5);
        for (var n = 0; n < count; n++)
        {
            _tables.Add(new(n, _random, newest));
        }
        for (var n = _random.Next(5); n > 0; n--)
        {
            _links.Add(new(_links.Count, Any(_tables), Any(_tables), Any(Deletes), Any(Updates), Composite: Chance(3), IsDamaged: !Chance(3), Deferrable: Chance(4)));
        }
        if (!_tables.Exists(t => t.BadValues || t.BadJson) && !_links.Exists(l => l.IsDamaged))
        {
            _tables[0].BadValues = true;
        }
        Build();
        Rule();
        Change();
    }

    public string Sql => string.Join(";\n", _sql);
    public List<ForeignKeyRule> Keys { get; } = [];
    public List<AllowedValuesRule> Values { get; } = [];
    /// <summary>Their schema is still to be written.</summary>
    public List<JsonRule> Json { get; } = [];
    /// <summary>Of the schema, after the repairs and before their undo.</summary>
    public List<string> Changes { get; } = [];
    /// <summary>A row that others refer to by such a key cannot be taken away, and that is said.</summary>
    public bool MayHoldOn => _links.Exists(l => l.Delete is "NO ACTION" or "RESTRICT" or "SET DEFAULT");

    public const string JsonSchema = """{ "type": "object", "properties": { "a": { "type": "integer" } }, "required": ["a"] }""";

    private bool Chance(int of) => _random.Next(of) == 0;

    private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    private void Build()
    {
        foreach (var table in _tables)
        {
            var links = _links.Where(l => l.Child == table).SelectMany(l => new[] { $"to{l.Number} int DEFAULT 1", $"tag{l.Number} text DEFAULT 'tag 1'" });
            _sql.Add($"CREATE TABLE {table} ({string.Join(", ", table.Columns.Concat(links).Concat(table.Keys))}){table.Partitioning}; ALTER TABLE {table} DROP COLUMN gone");
            _sql.AddRange(table.Partitions);
        }
        foreach (var link in _links)
        {
            var (from, to) = link.Composite ? ($"to{link.Number}, tag{link.Number}", "id, tag") : ($"to{link.Number}", "id");
            _sql.Add($"ALTER TABLE {link.Child} ADD CONSTRAINT \"fk {link.Number}\" FOREIGN KEY ({from}) REFERENCES {link.Parent} ({to}) ON DELETE {link.Delete} ON UPDATE {link.Update}{(link.Deferrable ? " DEFERRABLE INITIALLY DEFERRED" : "")}");
        }
        _sql.Add("SET session_replication_role = replica");
        foreach (var table in _tables)
        {
            for (var id = 1; id <= _rows + Damaged; id++)
            {
                _sql.Add(Row(table, id, damaged: id > _rows));
            }
        }
        _sql.Add("SET session_replication_role = origin");
    }

    private string Row(Table table, int id, bool damaged)
    {
        bool IsWrong() => damaged && (id == _rows + 1 || !Chance(3));
        var row = new List<(string Column, string Value)>
        {
            ("id", Text(id)), ("tag", $"'tag {id}'"), ("note", Chance(5) ? "NULL" : "'it''s \"'"),
            ("val", Chance(4) ? "NULL" : $"'{Value(table.Type, _random.Next(1000))}'"),
            ("rated", table.BadValues && IsWrong() ? $"'{table.Rated.Bad}'" : Chance(4) ? "NULL" : $"'{table.Rated.Good}'"),
            ("meta", table.BadJson && IsWrong() ? Any(Misshapen) : Chance(4) ? "NULL" : $"'{{\"a\":  {id}, \"b\": [null, 1.50]}}'"),
            ("code", $"'c{id}'"),
        };
        foreach (var link in _links.Where(l => l.Child == table))
        {
            var to = link.IsDamaged && IsWrong() ? 7777 : Chance(4) ? 0 : 1 + _random.Next(_rows + Damaged);
            row.Add(($"to{link.Number}", to == 0 ? "NULL" : Text(to)));
            row.Add(($"tag{link.Number}", to == 0 ? "NULL" : $"'tag {to}'"));
        }
        return $"INSERT INTO {table} ({string.Join(", ", row.Select(r => r.Column))}) OVERRIDING SYSTEM VALUE VALUES ({string.Join(", ", row.Select(r => r.Value))})";
    }

    private void Rule()
    {
        TablePath? Audit() => Chance(2) ? new TablePath(null, "changes") : null;
        string Mark() => Chance(4) ? "" : "needs_review";
        RuleAction Action() => Chance(2) ? RuleAction.Nullify : RuleAction.Quarantine;
        foreach (var table in _tables.Where(t => t.BadValues))
        {
            Values.Add(new() { Column = ColumnList.Parse($"{table}.rated"), Values = [.. table.Rated.Allowed], OnViolation = Action(), AuditTable = Audit(), Mark = Mark() });
        }
        foreach (var table in _tables.Where(t => t.BadJson))
        {
            Json.Add(new() { Column = ColumnList.Parse($"{table}.meta"), OnViolation = Action(), AuditTable = Audit(), Mark = Mark() });
        }
        // a key without a rule is repaired by its own meaning, after approval
        foreach (var link in _links.Where(l => l.IsDamaged && !Chance(3)))
        {
            Keys.Add(new()
            {
                From = ColumnList.Parse(link.Composite ? $"{link.Child}.to{link.Number}, {link.Child}.tag{link.Number}" : $"{link.Child}.to{link.Number}"),
                To = ColumnList.Parse(link.Composite ? $"{link.Parent}.id, {link.Parent}.tag" : $"{link.Parent}.id"), OnOrphan = Action(), AuditTable = Audit(),
            });
        }
    }

    private void Change()
    {
        foreach (var table in _tables)
        {
            var name = table.ToString();
            Maybe(() => $"ALTER TABLE {name} RENAME COLUMN note TO \"no te\"");
            Maybe(() => $"ALTER TABLE {name} RENAME COLUMN rated TO was_rated");
            Maybe(() => $"ALTER TABLE {name} ADD COLUMN extra int DEFAULT 7");
            Maybe(() => $"ALTER TABLE {name} SET SCHEMA elsewhere", () => name = $"elsewhere.{name}");
            Maybe(() => $"ALTER TABLE {name} RENAME TO \"ta ble {table.Number}\"");
        }

        void Maybe(Func<string> sql, Action? then = null)
        {
            if (Chance(4))
            {
                Changes.Add(sql());
                then?.Invoke();
            }
        }
    }

    private static string Value(string type, int n) => type switch
    {
        "text" or "char(6)" or "word" => $"x {Text(n)} ",
        "timestamptz" => string.Create(CultureInfo.InvariantCulture, $"2020-01-{1 + (n % 28):00} 12:00:00.{n:000}+05:45"),
        "interval" => $"{Text(n - 500)} days -{Text(n)} minutes",
        "bytea" => string.Create(CultureInfo.InvariantCulture, $"\\x{n:x4}"),
        "jsonb" => $"{{\"n\": [{Text(n)}, null]}}",
        "int[]" => $"[0:1]={{{Text(n)},NULL}}",
        "text[]" => $"{{\"a,{Text(n)}\",NULL,\"\"}}",
        "double precision" => $"{Text(n)}e-17",
        "mood" => n % 2 == 0 ? "good" : "bad",
        "mood[]" => "{fair,NULL}",
        "pair" => $"({Text(n)},\"it''s, \"\"\")",
        _ => Text(n),
    };

    private static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);

    private sealed record Link(int Number, Table Child, Table Parent, string Delete, string Update, bool Composite, bool IsDamaged, bool Deferrable);

    /// <param name="Allowed">As the rule names them.</param>
    private sealed record Rated(string Type, string[] Allowed, string Good, string Bad);

    private sealed class Table
    {
        private static readonly Rated[] Kinds =
        [
            new("text", ["G", "PG"], "PG", "bad"), new("mood", ["good", "fair"], "fair", "bad"), new("word", ["G"], "G", "it''s"), new("int", ["1", "2"], "2", "-3"), new("text[]", ["{a,b}"], "{a, b}", "{a,\"c,\"}"),
        ];
        private static readonly string[] Marks = ["", "needs_review boolean NOT NULL DEFAULT false", "needs_review timestamptz", "needs_review text"];
        private static readonly string[] PrimaryKeys = ["PRIMARY KEY (id), UNIQUE (id, tag)", "PRIMARY KEY (id, tag), UNIQUE (id)", "UNIQUE (id), UNIQUE (id, tag)"];

        public Table(int number, Random random, int newest)
        {
            Number = number;
            Type = Types[random.Next(Types.Length)];
            Rated = Kinds[random.Next(Kinds.Length)];
            (BadValues, BadJson) = (random.Next(3) == 0, random.Next(4) == 0);
            var parted = random.Next(4);
            string[] identities = parted < 2 ? [""] : ["", " GENERATED ALWAYS AS IDENTITY", " GENERATED BY DEFAULT AS IDENTITY"];
            string[] made = ["", "made text GENERATED ALWAYS AS (upper(note)) STORED", "made boolean GENERATED ALWAYS AS (rated IS NULL) STORED", newest >= 18 ? "made boolean GENERATED ALWAYS AS (rated IS NULL) VIRTUAL" : ""];
            Columns = [.. new[]
            {
                "gone int", $"id int{identities[random.Next(identities.Length)]}", "tag text DEFAULT 'd'", $"val {Type}", "note text", $"rated {Rated.Type}", $"meta {(random.Next(2) == 0 ? "json" : "jsonb")}", "code text",
                Marks[random.Next(Marks.Length)], made[random.Next(made.Length)],
            }.Where(c => c.Length > 0)];
            Keys = [PrimaryKeys[random.Next(PrimaryKeys.Length)], .. random.Next(2) == 0 ? (string[])[parted < 2 ? "UNIQUE (code, id)" : "UNIQUE (code)"] : []];
            (Partitioning, Partitions) = parted switch
            {
                0 => (" PARTITION BY RANGE (id)", [$"CREATE TABLE {this}_few PARTITION OF {this} FOR VALUES FROM (0) TO (4)", $"CREATE TABLE {this}_rest PARTITION OF {this} DEFAULT"]),
                1 => (" PARTITION BY HASH (id)", [.. Enumerable.Range(0, 3).Select(n => $"CREATE TABLE {this}_{n} PARTITION OF {this} FOR VALUES WITH (MODULUS 3, REMAINDER {n})")]),
                _ => ("", (string[])[]),
            };
        }

        public int Number { get; }
        public string Type { get; }
        public Rated Rated { get; }
        public bool BadValues { get; set; }
        public bool BadJson { get; }
        public string[] Columns { get; }
        public string[] Keys { get; }
        public string Partitioning { get; }
        public string[] Partitions { get; }

        public override string ToString() => FormattableString.Invariant($"t{Number}");
    }
}
