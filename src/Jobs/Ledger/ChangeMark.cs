namespace HealingWorkers.Jobs.Ledger;

/// <summary>
/// Under which key something is being changed: whatever is committed to the ledger meanwhile says so in the same transaction,
/// so that it is known to have been done even where its answer is lost.
/// </summary>
internal sealed record ChangeMark(string Visitor, string Key)
{
    private static readonly AsyncLocal<ChangeMark?> InHand = new();

    public static ChangeMark? Current
    {
        get => InHand.Value;
        set => InHand.Value = value;
    }
}
