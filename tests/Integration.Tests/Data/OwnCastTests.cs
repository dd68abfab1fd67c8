using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>Casts made by a function of an ordinary role: who has more rights than its owner must not run it.</summary>
[TestFixture]
public sealed class OwnCastTests
{
    private const string Refused = "cast of somebody's own";

    [Test]
    public async Task A_rule_about_a_table_with_such_a_cast_is_named_and_not_asked()
    {
        var database = await DatabaseAsync("""
            CREATE TYPE rating AS ENUM ('G', 'PG');
            CREATE FUNCTION spelled(rating) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'it ran'; END$$;
            CREATE CAST (rating AS text) WITH FUNCTION spelled(rating);
            CREATE TABLE movies (id int PRIMARY KEY, rating rating);
            INSERT INTO movies VALUES (1, 'G'), (2, 'PG');
            """);
        var asked = Allowed("movies.rating", "G");
        var report = await DataServer.RunAsync(new AllowedValuesCheck(), database, r => r.AllowedValues.Add(asked));
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Reason, Does.Contain(Refused).And.Contain("spelled(").And.Not.Contain("it ran"));
        // the same function, answered for by a superuser
        await DataServer.Cluster.ExecuteAsync(database, "ALTER FUNCTION spelled(rating) OWNER TO postgres");
        report = await DataServer.RunAsync(new AllowedValuesCheck(), database, r => r.AllowedValues.Add(asked));
        Assert.That(report.Findings.Select(f => ((long)f.Evidence["count"]!, (string?)f.Evidence["samples"]![0]!["row"]!["rating"])), Is.EqualTo(new[] { (1L, (string?)"PG") }), report.Reason);
    }

    [Test]
    public async Task A_key_that_compares_by_such_a_cast_is_named_and_its_neighbour_is_asked_and_shown_without_it()
    {
        var database = await DatabaseAsync("""
            CREATE TYPE place AS (at int);
            CREATE TYPE genre AS ENUM ('drama', 'opera');
            CREATE FUNCTION numbered(place) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1.at; END$$;
            CREATE FUNCTION spelled(genre) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'it ran'; END$$;
            CREATE CAST (place AS int) WITH FUNCTION numbered(place) AS IMPLICIT;
            CREATE CAST (genre AS text) WITH FUNCTION spelled(genre);
            CREATE TABLE shelves (id int PRIMARY KEY);
            CREATE TABLE genres (name genre PRIMARY KEY);
            CREATE TABLE movies (id int PRIMARY KEY, shelf place CONSTRAINT on_shelf REFERENCES shelves, genre genre CONSTRAINT of_genre REFERENCES genres);
            INSERT INTO shelves VALUES (1); INSERT INTO genres VALUES ('drama'), ('opera'); INSERT INTO movies VALUES (1, row(1), 'opera');
            """);
        await DataServer.Cluster.ExecuteAsync(database, """
            CREATE OR REPLACE FUNCTION numbered(place) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'it ran'; END$$;
            SET session_replication_role = replica;
            DELETE FROM genres WHERE name = 'opera';
            """);
        var report = await DataServer.RunAsync(new ForeignKeysCheck(), database);
        Assert.That(report.Findings.Select(f => ((string?)f.Evidence["part"], (string?)f.Evidence["samples"]![0]!["row"]!["genre"])), Is.EqualTo(new (string?, string?)[] { ("of_genre", "opera") }), report.Reason);
        Assert.That(report.Reason, Does.Contain("on_shelf").And.Contain(Refused).And.Not.Contain("it ran"));
    }

    /// <summary>Everything belongs to a role without any rights of its own.</summary>
    private static async Task<string> DatabaseAsync(string sql)
    {
        var database = await DataServer.DatabaseAsync("SELECT");
        var role = $"owner_of_{database}";
        await DataServer.Cluster.ExecuteAsync(database, $"CREATE ROLE {role}; GRANT CREATE, USAGE ON SCHEMA public TO {role}; SET ROLE {role}; {sql}");
        return database;
    }

    private static AllowedValuesRule Allowed(string column, params string[] values) => new() { Column = ColumnList.Parse(column), OnViolation = RuleAction.Report, Values = [.. values] };
}
