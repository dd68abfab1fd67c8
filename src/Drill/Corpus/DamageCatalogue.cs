namespace HealingWorkers.Drill;

/// <summary>Every known way in which a database breaks.</summary>
public static class DamageCatalogue
{
    public static IReadOnlyList<DamageClass> All { get; } =
        [.. BTreeClasses.All, .. OtherIndexClasses.All, .. RowClasses.All, .. PageClasses.All, .. BesideClasses.All, .. LogicClasses.All];

    /// <summary>The files that classes' rules name, by their names.</summary>
    public static IReadOnlyDictionary<string, string> RuleFiles => LogicClasses.RuleFiles;

    public static DamageClass? Named(string name) => All.FirstOrDefault(c => string.Equals(c.Name, name, StringComparison.Ordinal));
}
