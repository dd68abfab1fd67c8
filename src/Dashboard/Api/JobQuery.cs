using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Which runs are meant; all of them without any.</summary>
public sealed record JobQuery(string? Job, string? Target, string? State, string? Worker, long? Incident, DateTimeOffset? Since, DateTimeOffset? Until)
{
    private static readonly string[] States = ["pending", "running", "succeeded", "failed", "cancelled"];

    internal JobRunFilter Filter() => new() { Job = Job, Target = Target, State = State, Worker = Worker, Incident = Incident, Since = Since, Until = Until, Whole = false };

    internal ProblemHttpResult? Refuse() => State is null || States.Contains(State, StringComparer.Ordinal) ? null
        : Problems.Invalid($"there is no state {State}", $"there are: {string.Join(", ", States)}");
}
