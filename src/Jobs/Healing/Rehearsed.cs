using System.Globalization;

namespace HealingWorkers.Jobs.Healing;

/// <summary>How a rehearsal went. Of <see cref="Failed"/>, <see cref="Later"/> and <see cref="Missing"/> at most one is told; none: it went well.</summary>
/// <param name="Said">What receipt and timeline say of it.</param>
/// <param name="Failed">Why it must not be done to the live database.</param>
/// <param name="Later">It was tried, and the copy said neither yes nor no: why it must not be done to the live database yet.</param>
/// <param name="Missing">Why it could not be tried at all.</param>
internal sealed record Rehearsed(string Said, string? Failed = null, string? Later = null, string? Missing = null)
{
    /// <summary>Tried on a copy without a yes from it.</summary>
    public bool IsNoYes => Failed is not null || Later is not null;

    public static Rehearsed Well(TimeSpan took) => new(string.Create(CultureInfo.InvariantCulture, $"rehearsed on a copy: {took.TotalSeconds:0.0} s"));
    public static Rehearsed Bad(string why) => new($"failed on a copy: {why}", Failed: why);
    public static Rehearsed NotYet(string why) => new($"no clear yes on a copy: {why}", Later: why);
    public static Rehearsed Not(string why) => new($"not rehearsed: {why}", Missing: why);
}
