namespace HealingWorkers.Jobs.Schedule;

internal sealed record TableToCheck
{
    public long Oid { get; init; }
    public string Quoted { get; init; } = "";
}
