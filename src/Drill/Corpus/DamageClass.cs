namespace HealingWorkers.Drill;

/// <summary>One way in which a database breaks. What is expected here is a fact about PostgreSQL, not about any check.</summary>
/// <param name="Name">Public and never changed.</param>
/// <param name="Best">Of damage that no checksum tells: without checksums, or from before one was computed.</param>
/// <param name="Prepare">Chooses what to break, by the scene's random numbers, and gives the blow. The rows in between are the truth.</param>
public sealed record DamageClass(string Name, string Summary, BestOutcome Best, Func<Scene, Task<Func<Task>>> Prepare)
{
    /// <summary>Where a checksum tells the page to be invalid, if that changes what can be done.</summary>
    public BestOutcome? BestWithChecksums { get; init; }

    /// <summary>No damage without checksums.</summary>
    public bool ChecksumsOnly { get; init; }

    public int FromVersion { get; init; } = 14;

    /// <summary>Done by SQL: the rows that are there afterwards are the truth.</summary>
    public bool Logical { get; init; }

    /// <summary>Rows may have become unreadable: which ones is found out on a copy.</summary>
    public bool Heap { get; init; }

    /// <summary>Nobody gets into the database any more.</summary>
    public bool ShutsOut { get; init; }

    /// <summary>The target's `rules` as YAML, for what no catalogue tells.</summary>
    public string Rules { get; init; } = "";

    /// <summary>Table and condition of the rows that break those rules: none may be left when all is called resolved.</summary>
    public string Violated { get; init; } = "";

    public BestOutcome BestOf(bool checksums) => checksums ? BestWithChecksums ?? Best : Best;

    public bool AppliesTo(int version, bool checksums) => version >= FromVersion && (checksums || !ChecksumsOnly);

    /// <summary>A class that needs no time between choosing and breaking.</summary>
    public static DamageClass Of(string name, string summary, BestOutcome best, Func<Scene, Task> strike) =>
        new(name, summary, best, scene => Task.FromResult<Func<Task>>(() => strike(scene)));
}
