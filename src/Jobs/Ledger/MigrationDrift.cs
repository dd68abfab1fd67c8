using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Compares what a program brings with what its ledger says was applied, and refuses where they differ.</summary>
internal static class MigrationDrift
{
    public static void Refuse(MigrationSet set, IReadOnlyList<AppliedMigration> applied)
    {
        for (var revision = 1; revision <= set.Newest; revision++)
        {
            if (set.Find(revision) is null)
            {
                var name = applied.FirstOrDefault(a => a.Revision == revision)?.UpFile ?? $"{revision:0000}_*.up.sql";
                throw MigrationSet.Broken(name, "it is missing, though later ones are there");
            }
        }
        for (var i = 0; i < applied.Count; i++)
        {
            var row = applied[i];
            if (row.Revision != i + 1)
                throw Drift($"the ledger says that {row.UpFile} was applied, but not revision {i + 1} before it");
            if (!string.Equals(Migration.Hash(row.DownSql), row.DownSha256, StringComparison.Ordinal))
                throw Drift($"the down script that the ledger keeps of {row.DownFile} is not the one that was stored");
            if (set.Find(row.Revision) is { } known)
                Compare(known, row);
        }
    }

    /// <summary>A ledger from the future is fine as long as all that is unknown in it is additive.</summary>
    public static void RefuseUnknown(MigrationSet set, IReadOnlyList<AppliedMigration> applied)
    {
        if (applied.FirstOrDefault(a => a.Revision > set.Newest && !a.Additive) is not { } newer)
            return;
        throw new HealingException(
            $"the ledger is newer than this program: it is at revision {applied[^1].Revision}, and {newer.UpFile} (by version {newer.ProgramVersion}) changed what this program, at revision {set.Newest}, relies on",
            $"start version {newer.ProgramVersion} or a later one; or set control.migration_revision: {set.Newest} to go back by the scripts that the ledger keeps");
    }

    private static void Compare(Migration known, AppliedMigration row)
    {
        if (!string.Equals(known.Name, row.Name, StringComparison.Ordinal))
            throw Drift($"revision {row.Revision} was applied as {row.UpFile}, but this program has {known.UpFile}");
        if (!string.Equals(known.UpSha256, row.UpSha256, StringComparison.Ordinal))
            throw Drift($"{known.UpFile} is not what was applied on {row.AppliedAt:yyyy-MM-dd} by version {row.ProgramVersion}");
        if (!string.Equals(known.DownSha256, row.DownSha256, StringComparison.Ordinal))
            throw Drift($"{known.DownFile} is not what was stored on {row.AppliedAt:yyyy-MM-dd} by version {row.ProgramVersion}");
    }

    private static HealingException Drift(string what) =>
        new($"the ledger's migrations have drifted: {what}", "run the program that this ledger was made by, or restore the control database from its backup; a migration is never edited once applied");
}
