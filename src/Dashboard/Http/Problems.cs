using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealingWorkers.Dashboard.Http;

/// <summary>Every error has a code for a program and a hint for a person.</summary>
internal static class Problems
{
    public static ProblemHttpResult Of(int status, string code, string what, string hint) =>
        TypedResults.Problem(what, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code, ["hint"] = hint });

    public static ProblemHttpResult NoIncident(long id) =>
        Of(StatusCodes.Status404NotFound, "incident_unknown", $"there is no incident {id}", "GET /api/v1/incidents lists them");

    public static ProblemHttpResult NoRun(long id) =>
        Of(StatusCodes.Status404NotFound, "run_unknown", $"there is no run {id}", "GET /api/v1/jobs lists them");

    /// <summary>Something is to be done with all that match: their count has to be confirmed, as it is now.</summary>
    public static ProblemHttpResult Unconfirmed(int found) => TypedResults.Problem($"{found} match, and that count was not confirmed: nothing was done", statusCode: StatusCodes.Status409Conflict,
        extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = "count_unconfirmed", ["hint"] = "look at them, and send the count that is meant", ["count"] = found });

    public static ProblemHttpResult NoTarget(string name, IEnumerable<string> known) =>
        Of(StatusCodes.Status404NotFound, "target_unknown", $"there is no target {name}", $"configured are: {string.Join(", ", known)}");

    /// <summary>Answered with Retry-After, see <see cref="ProblemAnswers"/>.</summary>
    public static ProblemHttpResult LedgerAway(Outage.LedgerAway? away) => Of(StatusCodes.Status503ServiceUnavailable, LedgerUnavailable,
        away is null ? "the control database did not answer" : $"the control database is away since {away.Since:u}: {away.Reason}",
        "nothing can be changed and nothing new be read until it is back; GET /healthz/database says why. A change that was under way may have been made: send it again with the same Idempotency-Key");

    public const string LedgerUnavailable = "ledger_unavailable";

    public static ProblemHttpResult Invalid(string what, string hint) => Of(StatusCodes.Status400BadRequest, "invalid_request", what, hint);
}
