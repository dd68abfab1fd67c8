using System.Collections.Concurrent;
using HealingWorkers.Jobs.Healing;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>Repairs nothing and says what it was told to: what a job makes of each outcome is the question here.</summary>
internal sealed class RecordingHealer : IHealer
{
    public ConcurrentQueue<long> Asked { get; } = new();
    public ConcurrentQueue<HealOutcome> Answers { get; } = new();

    public Task<HealOutcome> HealAsync(long incident, string worker, CancellationToken cancel)
    {
        Asked.Enqueue(incident);
        return Task.FromResult(Answers.TryDequeue(out var answer) ? answer : new HealOutcome(Jobs.Incidents.IncidentState.Resolved, "as if"));
    }
}
