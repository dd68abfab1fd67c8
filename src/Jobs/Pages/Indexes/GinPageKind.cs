namespace HealingWorkers.Jobs.Pages;

/// <summary>What a page of a GIN index holds.</summary>
internal enum GinPageKind
{
    /// <summary>The tree of keys.</summary>
    Entries,
    /// <summary>Rows of a key that has very many.</summary>
    Data,
    /// <summary>What is not yet sorted in.</summary>
    List,
    First,
    Deleted,
}
