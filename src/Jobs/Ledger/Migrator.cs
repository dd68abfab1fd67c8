namespace HealingWorkers.Jobs.Ledger;

/// <summary>Brings schema healing to the wanted revision, by exactly one of many starting processes, and refuses on drift.</summary>
public sealed class Migrator(string connectionString, TimeProvider clock)
{
    /// <param name="revision">Null: the newest this program knows; else up or down to it.</param>
    public Task<MigrationOutcome> MigrateAsync(int? revision, CancellationToken cancel) => throw new NotSupportedException(connectionString + clock);
}

public sealed record MigrationOutcome(int From, int To, IReadOnlyList<string> Applied, IReadOnlyList<string> Reverted);
