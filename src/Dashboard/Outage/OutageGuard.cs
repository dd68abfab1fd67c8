using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Outage;

/// <summary>
/// No request waits for a control database that is away: it is answered from the last known state, marked with its age, or refused with when to come again.
/// Changes are refused. Everything goes on by itself when it is back.
/// </summary>
internal sealed class OutageGuard(LedgerWatch watch, AnswerMemory memory, OutageBounds bounds, TimeProvider clock, ILogger log)
{
    public const string RetrySeconds = "5";
    private static readonly TimeSpan FirstStep = TimeSpan.FromSeconds(0.3);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(0.1);
    /// <summary>They ask no ledger, or bound themselves.</summary>
    private static readonly string[] Own = ["/livez", "/readyz", "/healthz", "/metrics", "/assets", "/openapi"];

    /// <summary>Around everything.</summary>
    public async Task BoundAsync(HttpContext context, RequestDelegate next)
    {
        watch.Touch();
        var path = context.Request.Path;
        if (Own.Any(p => path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase)))
        {
            await next(context);
            return;
        }
        if (IsLong(path))
        {
            await (watch.Away is null ? next(context) : Problems.LedgerAway(watch.Away).ExecuteAsync(context));
            return;
        }
        var body = await ReadAsync(context);
        var begun = clock.GetTimestamp();
        if (watch.Away is null && await TryAsync(context, next, body, offline: false, () => clock.GetElapsedTime(begun) >= bounds.Patience && watch.IsSilent))
            return;
        if (!await TryAsync(context, next, body, offline: true, () => clock.GetElapsedTime(begun) >= bounds.AllTogether))
            await Problems.LedgerAway(watch.Away).ExecuteAsync(context);
    }

    /// <summary>After it is known who asks.</summary>
    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        var api = context.Request.Path.StartsWithSegments("/api/v1", StringComparison.OrdinalIgnoreCase);
        var reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (Offline.Is(context))
        {
            // the engine's own pages ask the control database themselves, and wait for it
            // a log-out asks nothing of it either
            if (context.Request.Path == "/logout" || (reads && !api && !context.Request.Path.StartsWithSegments("/hangfire", StringComparison.OrdinalIgnoreCase)))
                await next(context);
            else if (!reads || !await RememberAsync(context))
                await ProblemAnswers.AnswerAsync(context, Problems.LedgerAway(watch.Away));
            return;
        }
        if (!api || !reads || context.Features.Get<DetachedRequest>() is not { } request)
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
        }
        catch (Exception e) when (Jobs.Ledger.LedgerOutage.Is(e) && memory.Find(KeyOf(context)) is not null)
        {
            log.LogDebug("answered from memory: {Error}", e.Message);
            await RememberAsync(context);
            return;
        }
        if (context.Response.StatusCode == StatusCodes.Status200OK)
            memory.Keep(KeyOf(context), context.Response.ContentType, request.Answer, clock.GetUtcNow());
    }

    /// <summary>False where it was never asked for.</summary>
    private async Task<bool> RememberAsync(HttpContext context)
    {
        if (memory.Find(KeyOf(context)) is not { } known)
            return false;
        await known.WriteAsync(context, clock.GetUtcNow());
        return true;
    }

    private static string KeyOf(HttpContext context)
    {
        var visitor = Visitor.Of(context);
        return $"{visitor.Role} {(visitor.Targets is null ? "*" : string.Join(',', visitor.Targets))} {context.Request.Path}{context.Request.QueryString}";
    }

    /// <summary>False when the control database held it up: it is left behind then.</summary>
    private async Task<bool> TryAsync(HttpContext context, RequestDelegate next, byte[] body, bool offline, Func<bool> giveUp)
    {
        var request = DetachedRequest.Of(context, body, offline);
        var run = Task.Run(() => request.RunAsync(next));
        // Most are answered long before the first step.
        for (var step = FirstStep; !run.IsCompleted && !giveUp() && !context.RequestAborted.IsCancellationRequested; step = Step)
            await Task.WhenAny(run, Task.Delay(step, clock, context.RequestAborted));
        if (!run.IsCompleted)
        {
            _ = LeaveAsync(request, run);
            // to somebody who went away nothing is said
            return context.RequestAborted.IsCancellationRequested;
        }
        await using (request)
        {
            await run;
            await request.AnswerAsync(context);
        }
        return true;
    }

    private async Task LeaveAsync(DetachedRequest request, Task run)
    {
        try
        {
            await run;
        }
        catch (Exception e)
        {
            log.LogDebug("a request that was left behind ended: {Error}", e.Message);
        }
        await request.DisposeAsync();
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            return [];
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    /// <summary>Answers that are sent while they are made.</summary>
    internal static bool IsLong(PathString path) => path.StartsWithSegments("/events", StringComparison.OrdinalIgnoreCase) || (path.Value ?? "").Contains("/export", StringComparison.OrdinalIgnoreCase);
}
