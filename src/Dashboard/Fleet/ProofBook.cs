using System.Text.Json;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Restore tests as the API, the command and the pages show them.</summary>
public sealed class ProofBook(LedgerDb db)
{
    private readonly ProofLedger _ledger = new(db);

    /// <param name="target">Those of its server; null for all.</param>
    public async Task<IReadOnlyList<RestoreTestShape>> ListAsync(string? target, int limit, CancellationToken cancel, long? before = null) =>
        [.. (await _ledger.ListAsync(target, limit, cancel, before)).Select(RestoreTestShape.Of)];
}

/// <param name="Outcome">proven | failed; null while it goes on, and where it was broken off.</param>
/// <param name="Seconds">In all; by phase they are in phases.</param>
/// <param name="Checksums">verified | failed | off; null where it did not come to that.</param>
/// <param name="Report">Findings, comparisons, and what was not compared, with why.</param>
public sealed record RestoreTestShape(long Id, long Backup, string Target, string Provider, DateTimeOffset BackupStartedAt, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string Host, string? Outcome,
    double? Seconds, IReadOnlyList<RestorePhaseShape> Phases, string? Checksums, long? Bytes, string? Error, JsonElement? Report)
{
    public static RestoreTestShape Of(ProofRow r) => new(r.Id, r.BackupId, r.Target, r.Provider, r.BackupStartedAt, r.StartedAt, r.EndedAt, r.Host, r.Outcome, r.Seconds,
        JsonSerializer.Deserialize<IReadOnlyList<RestorePhaseShape>>(r.Phases, LedgerJson.Options) ?? [], r.Checksums, r.Bytes, r.Error, r.Report is null ? null : JsonElement.Parse(r.Report));

    /// <summary>proven | failed | undecided | broken off | goes on.</summary>
    public string Word() => Outcome ?? (EndedAt is null ? "goes on" : Report is null ? "broken off" : "undecided");
}

public sealed record RestorePhaseShape(string Phase, double Seconds);
