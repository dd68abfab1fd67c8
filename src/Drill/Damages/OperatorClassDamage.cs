using Dapper;

namespace HealingWorkers.Drill;

/// <summary>The meaning of an index's order changes under it, as when an extension is replaced by another version.</summary>
public sealed class OperatorClassDamage(RelationEditor editor)
{
    /// <summary>A B-tree over one integer column is now said to be in falling order by its operator class.</summary>
    public async Task ReverseAsync(string index, CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        var type = await connection.ExecuteScalarAsync<string>(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = @index::regclass AND attnum = 1", new { index });
        if (type is not ("integer" or "bigint"))
        {
            throw new InvalidOperationException($"{index} is over {type}, not over an integer.");
        }
        await connection.ExecuteAsync(
            $"""
            CREATE SCHEMA IF NOT EXISTS operators;
            CREATE OR REPLACE FUNCTION operators.falling({type}, {type}) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS
                'SELECT CASE WHEN $1 OPERATOR(pg_catalog.<) $2 THEN 1 WHEN $1 OPERATOR(pg_catalog.>) $2 THEN -1 ELSE 0 END';
            CREATE OPERATOR CLASS operators.falling FOR TYPE {type} USING btree AS
                OPERATOR 1 pg_catalog.>, OPERATOR 2 pg_catalog.>=, OPERATOR 3 pg_catalog.=, OPERATOR 4 pg_catalog.<=, OPERATOR 5 pg_catalog.<,
                FUNCTION 1 operators.falling({type}, {type});
            """);
        var changed = await connection.ExecuteAsync(
            """
            UPDATE pg_index SET indclass = (SELECT oid::text FROM pg_opclass WHERE opcname = 'falling')::oidvector
            WHERE indexrelid = @index::regclass AND indnatts = 1
            """,
            new { index });
        if (changed != 1)
        {
            throw new InvalidOperationException($"{index} has more than one column.");
        }
    }
}
