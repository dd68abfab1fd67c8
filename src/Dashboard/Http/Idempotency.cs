using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Http;

/// <summary>A change that bears an Idempotency-Key is done once: the same asked again gets the same answer, another under the same key is refused.</summary>
internal static class Idempotency
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";
    private const int LongestKey = 200;
    private const int LargestAnswer = 256 * 1024;

    public static async Task GuardAsync(HttpContext context, RequestDelegate next, AnswerLedger answers)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || request.Headers[Header] is not { Count: > 0 } given)
        {
            await next(context);
            return;
        }
        var key = given.ToString();
        if (key.Length is 0 or > LongestKey || key.Any(c => c is < '!' or > '~'))
        {
            await Problems.Invalid($"{Header} has {key.Length} characters, or some that a key may not have", $"up to {LongestKey} visible ASCII characters, as a UUID").ExecuteAsync(context);
            return;
        }
        var visitor = Visitor.Of(context).Name;
        if (await answers.BeginAsync(visitor, key, await HashAsync(request, context.RequestAborted), context.RequestAborted) is { } known)
        {
            await ReplayAsync(context, known, await HashAsync(request, context.RequestAborted));
            return;
        }
        await KeepAsync(context, next, answers, visitor, key);
    }

    /// <summary>Method, path and body: what makes two requests the same.</summary>
    private static async Task<string> HashAsync(HttpRequest request, CancellationToken cancel)
    {
        request.EnableBuffering();
        request.Body.Position = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n"));
        var buffer = new byte[8192];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancel)) > 0;)
            hash.AppendData(buffer, 0, read);
        request.Body.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Task ReplayAsync(HttpContext context, KnownAnswer known, string hash)
    {
        if (known.RequestSha256 != hash)
            return Problems.Of(StatusCodes.Status409Conflict, "idempotency_key_reused", "this key was used for another request", "take a new key for each change").ExecuteAsync(context);
        if (known.IsLost)
            return Problems.Of(StatusCodes.Status409Conflict, "idempotency_answer_lost", "this was done, or is being done, and what was answered to it is not known", "ask again in a moment with the same key; if it stays so, look at what it was to change: it is not done twice").ExecuteAsync(context);
        if (known.Status is not { } status)
            return Problems.Of(StatusCodes.Status409Conflict, "idempotency_in_progress", "the same request is being worked on", "ask again in a moment, with the same key").ExecuteAsync(context);
        context.Response.StatusCode = status;
        context.Response.ContentType = known.ContentType;
        context.Response.Headers[Replayed] = "true";
        return context.Response.WriteAsync(known.Body ?? "", context.RequestAborted);
    }

    private static async Task KeepAsync(HttpContext context, RequestDelegate next, AnswerLedger answers, string visitor, string key)
    {
        var (body, kept) = (context.Response.Body, new MemoryStream());
        await using var answer = kept;
        context.Response.Body = answer;
        var done = false;
        try
        {
            using (AnswerLedger.Mark(visitor, key))
                await next(context);
            // A refusal changed nothing, so it may be tried again; had it changed something, the ledger would know.
            done = context.Response.StatusCode < StatusCodes.Status400BadRequest && answer.Length <= LargestAnswer;
        }
        finally
        {
            context.Response.Body = body;
            // Whether the client still listens or not: what was done has to be known.
            await (done ? answers.EndAsync(visitor, key, context.Response.StatusCode, context.Response.ContentType, Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length), CancellationToken.None)
                : answers.ForgetAsync(visitor, key, CancellationToken.None));
        }
        answer.Position = 0;
        await answer.CopyToAsync(body, context.RequestAborted);
    }
}
