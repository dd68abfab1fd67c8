using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages;

/// <param name="Path">Its first segment is that of all the pages under it.</param>
/// <param name="Topics">Which changes make the page fetch itself anew: incidents, jobs, fleet (a word each), beat (every few seconds).</param>
public sealed record NavigationEntry(string Path, string Title, string Topics);

/// <summary>The pages that exist, in the order of the menu.</summary>
public static class Navigation
{
    public static IReadOnlyList<NavigationEntry> Entries { get; } =
    [
        new("/", "Home", "incidents jobs fleet"),
        new("/incidents", "Incidents", "incidents"),
        new("/quarantine", "Quarantine", "incidents"),
        new("/jobs", "Jobs", "jobs"),
        new("/schedules", "Schedules", "jobs incidents"),
        new("/workers", "Workers", "fleet jobs beat"),
        new("/targets", "Targets", "incidents jobs"),
        new("/audit", "Audit", "incidents"),
        new("/configuration", "Configuration", ""),
    ];

    public static NavigationEntry? Of(PathString path) => path == "/" || path == ""
        ? Entries[0]
        : Entries.Skip(1).FirstOrDefault(e => path.StartsWithSegments(e.Path, StringComparison.OrdinalIgnoreCase));
}
