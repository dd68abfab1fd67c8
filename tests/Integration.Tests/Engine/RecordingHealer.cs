using System.Collections.Concurrent;
using HealingWorkers.Jobs.Healing;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>Repairs nothing and says what it was told to: what a job makes of each outcome is the question here.</summary>
internal sealed class RecordingHealer : IHealer
{
    public ConcurrentQueue<long> Asked { get; } = new();
    public ConcurrentQueue<HealOutcome> Answers { get; } = new();

    /// <summary>So often its lease is lost, as where the machine stood still for longer than that lasts.</summary>
    public int Fences;

    public Task<HealOutcome> HealAsync(long incident, string worker, CancellationToken cancel)
    {
        Asked.Enqueue(incident);
        if (Interlocked.Decrement(ref Fences) >= 0)
            throw new Jobs.Incidents.FencedException("target 1", 1);
        return Task.FromResult(Answers.TryDequeue(out var answer) ? answer : new HealOutcome(Jobs.Incidents.IncidentState.Resolved, "as if"));
    }
}
