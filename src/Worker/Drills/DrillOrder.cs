using HealingWorkers.Drill;

namespace HealingWorkers.Worker.Drills;

/// <summary>What is to be drilled.</summary>
internal sealed record DrillOrder(IReadOnlyList<PgBinaries> Versions, IReadOnlyList<DamageClass> Classes, IReadOnlyList<bool> Checksums, int Mixes, int Seed, int Jobs)
{
    private const int MixedDamages = 3;

    /// <summary>A healthy database, which must stay as it is.</summary>
    public const string Healthy = "healthy";

    public const string Mix = "mix";

    public bool WithHealthy { get; init; }

    /// <summary>Each case takes its seed from the run's and from its own name: it is the same whatever else is drilled.</summary>
    public IEnumerable<DrillCase> Cases()
    {
        foreach (var binaries in Versions)
        {
            foreach (var checksums in Checksums)
            {
                if (WithHealthy)
                {
                    yield return Case(Healthy, [], binaries, checksums);
                }
                foreach (var damage in Classes.Where(c => c.AppliesTo(binaries.Major, checksums)))
                {
                    yield return Case(damage.Name, [damage], binaries, checksums);
                }
                for (var i = 1; i <= Mixes; i++)
                {
                    yield return Mixed($"{Mix} {i}", binaries, checksums);
                }
            }
        }
    }

    private DrillCase Mixed(string name, PgBinaries binaries, bool checksums)
    {
        var able = DamageCatalogue.All.Where(c => !c.ShutsOut && c.Rules.Length == 0 && c.AppliesTo(binaries.Major, checksums)).ToArray();
        var seed = SeedOf(name, binaries, checksums);
        new Random(seed).Shuffle(able);
        // Nothing that cannot be seen: the rows that it changed would be held against whoever healed the rest.
        // What is done by SQL comes first: it needs a database that still works.
        return new(name, [.. able.Where(c => c.BestOf(checksums) != BestOutcome.NotDetectable).Take(MixedDamages).OrderBy(c => !c.Logical)], binaries, checksums, seed);
    }

    private DrillCase Case(string name, IReadOnlyList<DamageClass> damages, PgBinaries binaries, bool checksums) =>
        new(name, damages, binaries, checksums, SeedOf(name, binaries, checksums));

    private int SeedOf(string name, PgBinaries binaries, bool checksums)
    {
        var hash = 2166136261u;
        foreach (var letter in $"{Seed}/{name}/{binaries.Major}/{checksums}")
        {
            hash = unchecked((hash ^ letter) * 16777619u);
        }
        return (int)(hash & int.MaxValue);
    }
}

/// <summary>One database to be broken and healed.</summary>
internal sealed record DrillCase(string Name, IReadOnlyList<DamageClass> Damages, PgBinaries Binaries, bool Checksums, int Seed)
{
    public BestOutcome Best => DrillDetection.BestOf(Damages, Checksums);

    public bool IsMix => Name.StartsWith(DrillOrder.Mix, StringComparison.Ordinal);
}
