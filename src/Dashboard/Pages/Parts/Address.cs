using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages.Parts;

/// <summary>Addresses that keep what a page is filtered by.</summary>
public static class Address
{
    /// <summary>The present one with some values of its query changed; null takes one out.</summary>
    public static string With(HttpContext context, params (string Name, string? Value)[] changes)
    {
        var kept = context.Request.Query.Where(q => changes.All(c => c.Name != q.Key)).SelectMany(q => q.Value, (q, v) => KeyValuePair.Create(q.Key, v));
        var added = changes.Where(c => c.Value is not null).Select(c => KeyValuePair.Create(c.Name, c.Value));
        return context.Request.Path + QueryString.Create(kept.Concat(added).Where(p => !string.IsNullOrEmpty(p.Value))).ToString();
    }
}
