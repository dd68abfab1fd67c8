using HealingWorkers.Dashboard.Outage;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Dashboard.Http;

/// <summary>Turns whatever goes wrong into a problem answer; what is our own fault is logged and not shown.</summary>
internal static class ProblemAnswers
{
    public static async Task GuardAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted && context.Response is { StatusCode: >= 400, ContentType: null })
                await AnswerAsync(context, OfStatus(context));
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(context, Explain(e, log));
        }
    }

    /// <summary>As a page to a browser that asked for one, else as JSON.</summary>
    public static Task AnswerAsync(HttpContext context, ProblemHttpResult problem) =>
        context.RequestServices.GetService<ProblemPage>() is { } page && ProblemPage.IsWanted(context)
            ? page.WriteAsync(context, problem.ProblemDetails)
            : problem.ExecuteAsync(context);

    private static ProblemHttpResult OfStatus(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.Of(404, "not_found", $"there is nothing at {context.Request.Path}", "GET /api lists the addresses"),
        StatusCodes.Status405MethodNotAllowed => Problems.Of(405, "method_not_allowed", $"{context.Request.Path} does not take {context.Request.Method}", "GET /openapi/v1.json says what it takes"),
        var status => Problems.Of(status, "refused", "the request was refused", "GET /openapi/v1.json says what is taken"),
    };

    private static ProblemHttpResult Explain(Exception e, ILogger log)
    {
        switch (e)
        {
            case PageProblemException page:
                return Problems.Of(page.Status, "page", page.Message, page.Hint);
            case CountChangedException changed:
                return Problems.Unconfirmed(changed.Found);
            case PostgresException when MissingTable.Explain(e) is { } older:
                return Problems.Of(StatusCodes.Status503ServiceUnavailable, "ledger_older", older.Message, older.Hint);
            case HealingException healing:
                return Problems.Of(StatusCodes.Status409Conflict, "conflict", Redactor.Text(healing.Message), Redactor.Text(healing.Hint));
            case BadHttpRequestException bad:
                return Problems.Of(bad.StatusCode, "invalid_request", (bad.InnerException ?? bad).Message, "GET /openapi/v1.json says what is taken");
            case InvalidDataException form:
                return Problems.Of(StatusCodes.Status400BadRequest, "invalid_request", form.Message, "send less of it");
            case PostgresException { SqlState: ['2', '2', ..] } data:
                return Problems.Invalid($"the database cannot take this: {data.MessageText}", "a text with the character U+0000, or a number beyond bounds?");
            case not null when LedgerSilence.Is(e):
                log.LogWarning("the ledger did not answer: {Error}", e.Message);
                return Problems.LedgerAway(null);
            default:
                log.LogError(e, "a request failed unexpectedly");
                return Problems.Of(StatusCodes.Status500InternalServerError, "unexpected", "this failed unexpectedly", "the log of this process says where");
        }
    }
}
