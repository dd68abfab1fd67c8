using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Reads what a request says, and says what is wrong with it.</summary>
internal static class Words
{
    public const int LargestPage = 200;
    private const int LongestReason = 1000;
    private const int LongestActor = 200;

    /// <param name="said">Whom the body names; where there is a login, that one's name counts.</param>
    public static ProblemHttpResult? Refuse(HttpContext http, string? reason, string? said, out string actor)
    {
        actor = Visitor.Of(http).Actor(said) ?? "";
        return Missing(reason, "reason", LongestReason) ?? Missing(actor, "actor", LongestActor);
    }

    public static ProblemHttpResult? RefuseLimit(int limit) =>
        limit is >= 1 and <= LargestPage ? null : Problems.Invalid($"limit is {limit}", $"it goes from 1 to {LargestPage}");

    private static ProblemHttpResult? Missing(string? text, string what, int most) => string.IsNullOrWhiteSpace(text)
        ? Problems.Invalid($"{what} is missing", "a change names its reason and its actor: {\"reason\": \"...\", \"actor\": \"...\"}")
        : text.Length > most ? Problems.Invalid($"{what} has {text.Length} characters", $"{most} at most") : null;
}
