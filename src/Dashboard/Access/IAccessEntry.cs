namespace HealingWorkers.Dashboard.Access;

/// <summary>One line of a file that says who may enter.</summary>
public interface IAccessEntry
{
    string Key { get; }
    string Line { get; }
}
