namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>A page that cannot be shown, and what its visitor can do.</summary>
public sealed class PageProblemException(int status, string message, string hint) : Exception(message)
{
    public int Status => status;

    public string Hint => hint;
}
