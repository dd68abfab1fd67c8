using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Integration.Tests.Ledger;

/// <summary>Migrations of tests only: each program version brings some of them.</summary>
internal static class TestMigrations
{
    private static readonly (string, string)[] First =
    [
        ("0001_films.up.sql", "-- The first.\nCREATE TABLE healing.films (id int PRIMARY KEY);\nINSERT INTO healing.films VALUES (1), (2);"),
        ("0001_films.down.sql", "-- Away.\nDROP TABLE healing.films;"),
    ];

    private static readonly (string, string)[] Additive =
    [
        ("0002_title.up.sql", "-- Only adds.\n-- additive\nALTER TABLE healing.films ADD COLUMN title text;"),
        ("0002_title.down.sql", "-- Away.\nALTER TABLE healing.films DROP COLUMN title;"),
    ];

    private static readonly (string, string)[] Breaking =
    [
        ("0003_renamed.up.sql", "-- Breaks whoever says films.\nALTER TABLE healing.films RENAME TO movies;"),
        ("0003_renamed.down.sql", "-- Back.\nALTER TABLE healing.movies RENAME TO films;"),
    ];

    private static readonly (string, string)[] Optional =
    [
        ("0004_index.up.sql", "-- Speed.\n-- additive\n-- optional\nCREATE INDEX movies_title ON healing.movies (title);"),
        ("0004_index.down.sql", "-- Away.\nDROP INDEX healing.movies_title;"),
    ];

    public static readonly MigrationSet One = MigrationSet.Of(First);
    public static readonly MigrationSet Two = MigrationSet.Of([.. First, .. Additive]);
    public static readonly MigrationSet Three = MigrationSet.Of([.. First, .. Additive, .. Breaking]);
    public static readonly MigrationSet Four = MigrationSet.Of([.. First, .. Additive, .. Breaking, .. Optional]);

    /// <summary>The first three, with one file's text replaced; null leaves it out with its pair.</summary>
    public static MigrationSet ThreeBut(string file, string? text)
    {
        var all = First.Concat(Additive).Concat(Breaking);
        return MigrationSet.Of(text is null
            ? all.Where(f => !f.Item1.StartsWith(file[..4], StringComparison.Ordinal))
            : all.Select(f => f.Item1 == file ? (file, text) : f));
    }
}
