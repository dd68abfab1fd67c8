using System.Globalization;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Pages.Parts;
using HealingWorkers.Jobs.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>A change that was asked for by a form, its token checked already.</summary>
public sealed class FormPost(HttpContext context, IFormCollection form)
{
    private const int LongestReason = 1000;

    public HttpContext Http => context;

    public CancellationToken Cancel => context.RequestAborted;

    /// <summary>The number in the path.</summary>
    public long Id => long.Parse($"{context.GetRouteValue("id")}", CultureInfo.InvariantCulture);

    public string Actor => Visitor.Of(context).Name;

    /// <summary>Why: every change says it.</summary>
    public string Reason => Text("reason") is { Length: <= LongestReason } why ? why
        : throw new HealingException("the reason is missing or too long", $"say why in up to {LongestReason} characters; the audit log keeps it");

    /// <summary>Null where it was left empty.</summary>
    public string? Text(string name) => form[name].ToString().Trim() is { Length: > 0 } text ? text : null;

    public IReadOnlyList<string> All(string name) => [.. form[name].Where(v => !string.IsNullOrEmpty(v)).Select(v => v!)];

    public long? Number(string name) => Numbers.Of(Text(name));

    public IReadOnlyList<long> Ids => [.. All("id").Select(text => Numbers.Of(text) ?? throw new HealingException($"{text} is no number of an incident", "load the page again")).Distinct()];

    /// <summary>Where the form stood: a path of ours, and nothing else.</summary>
    public string Back => Text("back") is { } path && path[0] == '/' && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal)
        && path.All(c => c is > ' ' and < '\u007f') ? path : "/";
}
