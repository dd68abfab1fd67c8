namespace HealingWorkers.Jobs.Checks;

/// <summary>What is kept in mind of a row's entries while the file of an index is read.</summary>
internal enum EntryMemory
{
    /// <summary>That there is one.</summary>
    Presence,
    /// <summary>What it holds of the key, in a hash index.</summary>
    Codes,
    /// <summary>How many there are, in a GIN index: one for each key.</summary>
    Counts,
}
