namespace HealingWorkers.Jobs.Checks;

/// <summary>Every check there is, in the order in which a whole run makes them.</summary>
public static class CheckCatalogue
{
    public static readonly IReadOnlyList<ICheck> All =
    [
        // indexes
        new BtreeCheck(),
        new BtreeParentCheck(),
        new UniqueIndexCheck(),
        new GinCheck(),
        new DuplicateKeysCheck(),
        new IndexProbeCheck(),
        new LeftoversCheck(),

        // order of text
        new CollationCheck(),

        // tables
        new HeapCheck(),
        new VisibilityCheck(),
        new CountsCheck(),

        // sequences and the catalogue
        new SequencesCheck(),
        new ConstraintsCheck(),
        new TriggersCheck(),
        new LibrariesCheck(),

        // what the data mean
        new ForeignKeysCheck(),
        new AllowedValuesCheck(),
        new RowConstraintsCheck(),
        new JsonCheck(),
        new SqlRulesCheck(),

        // the server
        new AgeCheck(),
        new DatabaseStatsCheck(),
    ];
}
