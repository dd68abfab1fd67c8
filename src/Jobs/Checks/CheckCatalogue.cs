namespace HealingWorkers.Jobs.Checks;

/// <summary>Every check there is, in the order in which a whole run makes them.</summary>
public static class CheckCatalogue
{
    public static readonly IReadOnlyList<ICheck> All =
    [
        // tables first: nobody else reads rows that these found deadly to read
        new HeapCheck(),

        // indexes
        new BtreeCheck(),
        new BtreeParentCheck(),
        new UniqueIndexCheck(),
        new GinCheck(),
        new DuplicateKeysCheck(),
        new IndexProbeCheck(),
        new LeftoversCheck(),

        // tables by what their indexes and maps say
        new VisibilityCheck(),
        new RowBitsCheck(),
        new CountsCheck(),

        // order of text
        new CollationCheck(),

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
        new CatalogueAccessCheck(),
        new AgeCheck(),
        new DatabaseStatsCheck(),

        // its standbys
        new StandbysCheck(),
        new StandbyRowsCheck(),
    ];
}
