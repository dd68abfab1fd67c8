using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Sorts what verify_heapam says; it does not translate its messages.</summary>
internal static class HeapMessage
{
    private static readonly string[] Transactions = ["xmin ", "xmax ", "xvac ", "update xid ", "multitransaction "];

    /// <summary>Where a tuple lies and how long it and its values are: reading such a tuple may crash the server.</summary>
    private static readonly string[] Lengths = ["line pointer to page offset", "line pointer length", "tuple data should begin", "data begins at offset", "attribute with length", "attribute "];

    public static FindingKind KindOf(string message) =>
        Begins(message, Transactions) ? FindingKind.HeapXminInvalid
        : message.StartsWith("number of attributes", StringComparison.Ordinal) ? FindingKind.HeapNattsWrong
        : message.StartsWith("toast value", StringComparison.Ordinal) ? IsOfValue(message) ? FindingKind.ToastValueLost : FindingKind.HeapTupleUnreadable
        : message.StartsWith("toasted attribute", StringComparison.Ordinal) || Begins(message, Lengths) ? FindingKind.HeapTupleUnreadable
        : FindingKind.HeapTupleCorrupt;

    /// <summary>The value is not what its pointer says; else the pointer itself makes no sense.</summary>
    private static bool IsOfValue(string message) => message.Contains("chunk", StringComparison.Ordinal) || message.Contains("not found in toast table", StringComparison.Ordinal);

    private static bool Begins(string message, string[] with) => Array.Exists(with, w => message.StartsWith(w, StringComparison.Ordinal));
}
