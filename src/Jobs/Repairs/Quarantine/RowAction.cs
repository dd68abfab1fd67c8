namespace HealingWorkers.Jobs.Repairs;

/// <summary>What is done to rows, with the bit that a trigger has for it in the server's catalogue.</summary>
public enum RowAction
{
    Insert = 4,
    Delete = 8,
    Update = 16,
}
