using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A row version that nobody sees, by what its own hint bits say. Whether they say the truth, the commit log knows.</summary>
/// <param name="PageSaysVisible">The page calls all its rows visible, which whoever removes a row takes from it.</param>
internal sealed record HiddenRow(Tid Place, HeapTupleHeader Header, bool PageSaysVisible)
{
    /// <summary>Below are no transactions of anybody's.</summary>
    private const uint FirstNormal = 3;

    public IEnumerable<long> Transactions => new long[] { Header.Xmin, Header.Xmax }.Where(x => x >= FirstNormal);

    /// <summary>Made by a transaction that committed and removed by none. Where one of the two is not certain, it is not said.</summary>
    public bool IsLive(Func<long, string?> status) => WasMade(status) && NeverRemoved(status);

    /// <summary>Removed or replaced by a transaction that committed, for all that can be said.</summary>
    public bool WasRemoved(Func<long, string?> status) =>
        Header is { Xmax: >= FirstNormal, XmaxInvalid: false, XmaxLocksOnly: false, XmaxIsMulti: false } && !NobodyDid && status(Header.Xmax) == "committed";

    private bool WasMade(Func<long, string?> status) => Header.XminFrozen || (Header.Xmin >= FirstNormal && status(Header.Xmin) == "committed");

    /// <summary>Missing marks alone say nothing: VACUUM FULL and CLUSTER take along rows that an old snapshot may still see, and wipe the marks of their removal off.</summary>
    private bool NobodyDid => Header.XmaxOnceLocked || (PageSaysVisible && !Header.HasMarksOfRemoval(Place));

    private bool NeverRemoved(Func<long, string?> status) => Header switch
    {
        { Xmax: 0 } or { XmaxLocksOnly: true } => true,
        { XmaxIsMulti: true } => false,
        _ => status(Header.Xmax) switch
        {
            "aborted" => true,
            "committed" => NobodyDid,
            _ => false,
        },
    };
}
