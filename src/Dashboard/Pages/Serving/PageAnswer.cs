using System.Text;
using System.Text.Encodings.Web;
using HealingWorkers.Dashboard.Http;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>Puts into a rendered page what belongs to one visitor, and sends it.</summary>
internal sealed class PageAnswer(IAntiforgery antiforgery, Flash flash, TimeProvider clock)
{
    private const string ThemeCookie = "theme";

    public async Task WriteAsync(HttpContext context, RenderedPage page, bool stale)
    {
        var tag = stale ? page.Tag.Insert(1, "stale-") : page.Tag;
        if (context.Request.Headers.ContainsKey(PageServer.LiveHeader) && context.Request.Headers.IfNoneMatch == tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var html = new StringBuilder(page.Html)
            .Replace(Marks.Leave, Visitor.Of(context).By == Entrance.Session ? Leave : "")
            .Replace(Marks.Token, antiforgery.GetAndStoreTokens(context).RequestToken)
            .Replace(Marks.Visitor, HtmlEncoder.Default.Encode(Visitor.Of(context).Name))
            .Replace(Marks.Flash, flash.Take(context))
            .Replace(Marks.Banner, stale ? Banner(page) : "")
            .Replace(Marks.Theme, context.Request.Cookies[ThemeCookie] switch { "dark" => "dark", "light" => "light", _ => "" });
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ETag = tag;
        await context.Response.WriteAsync(html.ToString(), context.RequestAborted);
    }

    /// <summary>Only a session can be ended; nobody else has one.</summary>
    private static readonly string Leave = $"""<form method="post" action="/logout"><input type="hidden" name="__RequestVerificationToken" value="{Marks.Token}" /><button class="quiet">Log out</button></form>""";

    private static string Age(TimeSpan age) => age.TotalMinutes < 2 ? $"{age.TotalSeconds:0} s" : age.TotalHours < 2 ? $"{age.TotalMinutes:0} min" : $"{age.TotalHours:0} h";

    private string Banner(RenderedPage page) => $"""
        <div class="note bad" role="alert" data-away><strong>The control database does not answer.</strong> This page is of
        <time datetime="{page.At:yyyy-MM-ddTHH:mm:ssZ}">{page.At:yyyy-MM-dd HH:mm:ss} UTC</time> ({Age(clock.GetUtcNow() - page.At)} old); nothing can be changed until it is back. The workers go on when it is.</div>
        """;
}
