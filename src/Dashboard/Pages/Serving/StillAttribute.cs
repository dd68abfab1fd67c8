namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>A page that does not fetch itself anew: somebody reads it closely, or a target was asked for it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StillAttribute : Attribute;
