namespace HealingWorkers.Jobs.Options;

/// <summary>A list whose items have keys of their own.</summary>
/// <param name="Path">With <c>[]</c> at its end, and where it lies in another list: <c>targets[].rules.json[]</c>.</param>
/// <param name="Add">Adds an item to what holds the list, and gives it back.</param>
public sealed record ConfigList(string Path, Func<object, object> Add)
{
    public static ConfigList Of<THolder, TItem>(string path, Func<THolder, IList<TItem>> items) where TItem : class, new() => new(path, holder =>
    {
        var item = new TItem();
        items((THolder)holder).Add(item);
        return item;
    });
}
