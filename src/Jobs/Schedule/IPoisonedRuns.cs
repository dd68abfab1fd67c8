namespace HealingWorkers.Jobs.Schedule;

/// <summary>What is done about a run that kills its process again and again.</summary>
public interface IPoisonedRuns
{
    Task GiveUpAsync(JobRun run, string worker, CancellationToken cancel);
}
