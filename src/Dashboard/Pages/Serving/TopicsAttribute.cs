namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>A page that hears of more, or of less, than the others under its entry of the menu.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TopicsAttribute(string topics) : Attribute
{
    public string Topics => topics;
}
