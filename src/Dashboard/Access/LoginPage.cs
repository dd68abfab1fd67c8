using System.Text.Encodings.Web;
using HealingWorkers.Dashboard.Pages.Serving;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

/// <summary>The page that asks for name and password. It needs nothing but itself, so that it shows whatever else is broken.</summary>
internal static class LoginPage
{
    public const string StyleSheet = "/login.css";

    /// <param name="field">Name and value of the token that proves the form to be ours.</param>
    public static IResult Show((string Name, string Value) field, string next, string? user, string? problem, int status)
    {
        var alert = problem is null ? "" : $"""<p class="problem" role="alert">{Text(problem)}</p>""";
        return Page(status, "Log in", $"""
            <main class="login">
            <h1>HealingWorkers</h1>
            {alert}
            <form method="post" action="/login">
            <input type="hidden" name="{Text(field.Name)}" value="{Text(field.Value)}">
            <input type="hidden" name="next" value="{Text(next)}">
            <p><label for="name">Name</label><br><input id="name" name="name" value="{Text(user ?? "")}" autocomplete="username" maxlength="64" required autofocus></p>
            <p><label for="password">Password</label><br><input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required></p>
            <p><button type="submit" class="primary">Log in</button></p>
            </form>
            </main>
            """);
    }

    /// <summary>Goes on to where the visitor wants to be, but from here.</summary>
    public static IResult Bounce(string to) => Page(StatusCodes.Status200OK, "One moment", $"""<p><a href="{Text(to)}">Go on</a></p>""", $"""<meta http-equiv="refresh" content="0; url={Text(to)}">""");

    private static IResult Page(int status, string title, string body, string head = "") => TypedResults.Text($"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>{title} - HealingWorkers</title><link rel="icon" href="{SiteAssets.Of("icon.svg")}" type="image/svg+xml"><link rel="stylesheet" href="{SiteAssets.Of("site.css")}"><link rel="stylesheet" href="{StyleSheet}">{head}</head>
        <body>
        {body}
        </body>
        </html>
        """, "text/html; charset=utf-8", statusCode: status);

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
