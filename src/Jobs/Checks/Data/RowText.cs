namespace HealingWorkers.Jobs.Checks;

/// <summary>How rows are written down for people.</summary>
public static class RowText
{
    /// <summary>Columns of the alias <c>c</c> as an array of texts, NULL kept as NULL: concat calls the type's own output function, where a cast may be the owner's.</summary>
    public static string Of(IEnumerable<string> columns) =>
        $"ARRAY[{string.Join(", ", columns.Select(c => $"CASE WHEN c.{c} IS NOT DISTINCT FROM NULL THEN NULL ELSE pg_catalog.concat(c.{c}) END"))}]::pg_catalog.text[]";
}
