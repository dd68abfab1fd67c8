using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Verification;

/// <summary>What a receipt says. Its JSON has no white space and its order is that of these properties, so that the same says the same.</summary>
public sealed record ReceiptBody
{
    public int Version { get; init; } = 1;
    public required long Incident { get; init; }
    public required int Attempt { get; init; }
    /// <summary>resolved | failed | crashed | escalated | undone | reapplied | rows_back | rows_again.</summary>
    public required string Outcome { get; init; }
    public required string? Reason { get; init; }
    public required string Worker { get; init; }
    public required string? ApprovedBy { get; init; }
    public required ReceiptSnapshot Snapshot { get; init; }
    /// <summary>How it went on a copy, or why it was not tried there; null where nobody asked for that.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Rehearsal { get; init; }
    public required ReceiptPlan Plan { get; init; }
    /// <summary>Exactly what was sent to the server.</summary>
    public required IReadOnlyList<string> Statements { get; init; }
    /// <summary>What lies in the target's quarantine because of it.</summary>
    public IReadOnlyList<ReceiptQuarantine> Quarantine { get; init; } = [];
    public required VerificationResult? Verification { get; init; }
    /// <summary>The evidence, the attempts and the audit rows, as the ledger had them when this was written.</summary>
    public required JsonObject Ledger { get; init; }
}

/// <param name="Sha256">Of the snapshot's manifest, which holds the hash of every file; null when waived.</param>
public sealed record ReceiptSnapshot(long? Id, string Kind, string? Sha256, string Statement)
{
    /// <summary>The copy of the whole server that was kept as well.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public ReceiptBase? Base { get; init; }
}

/// <param name="Sha256">Of its manifest, which holds the hash of the list of all its files.</param>
public sealed record ReceiptBase(long Id, string Kind, string Sha256);

/// <param name="Sha256">Over every value that the batch keeps.</param>
public sealed record ReceiptQuarantine(long Batch, long Rows, string Sha256);

public sealed record ReceiptPlan(string Repair, string Risk, IReadOnlyList<RepairStep> Steps, string? Nothing);
