using System.Globalization;
using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Access;

/// <summary>/login and /logout.</summary>
internal static class LoginEndpoints
{
    private const int LongestAddress = 2000;

    public static void Map(IEndpointRouteBuilder routes, LoginDesk desk)
    {
        routes.MapGet("/login", (HttpContext context, string? next) => Show(context, next, null, null, StatusCodes.Status200OK)).AllowAnonymous().ExcludeFromDescription();
        routes.MapPost("/login", Task<IResult> (HttpContext context, CancellationToken _) => EnterAsync(context, desk)).AllowAnonymous().ExcludeFromDescription();
        var style = Style();
        routes.MapGet(LoginPage.StyleSheet, () => TypedResults.Text(style, "text/css; charset=utf-8")).AllowAnonymous().ExcludeFromDescription();
        routes.MapPost("/logout", async (HttpContext context) =>
        {
            await desk.LeaveAsync(context, Visitor.Of(context));
            return TypedResults.Redirect("/login");
        }).WithMetadata(new OpenToViewers()).ExcludeFromDescription();
    }

    private static string Style()
    {
        var own = typeof(LoginPage);
        using var reader = new StreamReader(own.Assembly.GetManifestResourceStream($"{own.Namespace}.login.css")!);
        return reader.ReadToEnd();
    }

    private static async Task<IResult> EnterAsync(HttpContext context, LoginDesk desk)
    {
        var form = context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        var (name, password, next) = (form["name"].ToString().Trim(), form["password"].ToString(), form["next"].ToString());
        var outcome = await desk.EnterAsync(context, name, password);
        if (outcome.Wait is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
            return Show(context, next, name, $"Too many failed logins. Try again in {Math.Ceiling(wait.TotalMinutes):0} min.", StatusCodes.Status429TooManyRequests);
        }
        // 303: whatever comes next is read, not posted again.
        return outcome.IsIn ? new SeeOther(Local(next)) : Show(context, next, name, "Name or password is wrong.", StatusCodes.Status401Unauthorized);
    }

    private static IResult Show(HttpContext context, string? next, string? name, string? problem, int status)
    {
        var tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
        return LoginPage.Show((tokens.FormFieldName, tokens.RequestToken!), Local(next), AccessNames.IsOne(name ?? "") ? name : null, problem, status);
    }

    /// <summary>Only to a page of ours: a login must not lead somewhere else.</summary>
    internal static string Local(string? next) =>
        next is { Length: > 0 and < LongestAddress } && next[0] == '/' && !next.StartsWith("//", StringComparison.Ordinal) && !next.Contains('\\', StringComparison.Ordinal) && !next.Any(char.IsControl) ? next : "/";

    private sealed class SeeOther(string to) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = to;
            return Task.CompletedTask;
        }
    }
}
