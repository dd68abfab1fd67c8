using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Pages;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Checks;

/// <summary>What a row's header and the commit log say together of whether anybody removed it.</summary>
[TestFixture]
public sealed class HiddenRowTests
{
    private const int KeyShare = 0x0010;
    private const int Exclusive = 0x0040;
    private const int XminCommitted = 0x0100;
    private const int XminInvalid = 0x0200;
    private const int XmaxCommitted = 0x0400;
    private const int XmaxInvalid = 0x0800;
    private const int Multi = 0x1000;
    private const int Deleted = 0x2000;
    private static readonly Tid Place = new(0, 3);
    private static readonly Tid Elsewhere = new(7, 1);

    private static IEnumerable<TestCaseData> Rows()
    {
        yield return Row("its remover was rolled back", XmaxCommitted, "aborted", live: true, removed: false);
        yield return Row("its remover is under way", XmaxCommitted, "in progress", live: false, removed: false);
        yield return Row("its remover is forgotten", XmaxCommitted, null, live: false, removed: false);
        yield return Row("deleted", XmaxCommitted, "committed", live: false, removed: true, marks: Deleted);
        yield return Row("replaced", XmaxCommitted, "committed", live: false, removed: true, next: Elsewhere);
        yield return Row("deleted, and taken along by a rewrite", XmaxCommitted, "committed", live: false, removed: true);
        yield return Row("unmarked where all are visible", XmaxCommitted, "committed", live: true, removed: false, allVisible: true);
        yield return Row("once locked by key share", XmaxCommitted | KeyShare, "committed", live: true, removed: false);
        yield return Row("once locked by share", XmaxCommitted | KeyShare | Exclusive, "committed", live: true, removed: false);
        yield return Row("locked exclusively, as of old", XmaxCommitted | Exclusive, "committed", live: true, removed: false);
        yield return Row("several at once", XmaxCommitted | KeyShare | Multi, "committed", live: false, removed: false);
    }

    private static TestCaseData Row(string name, int mask, string? fate, bool live, bool removed, int marks = 0, Tid? next = null, bool allVisible = false) =>
        new TestCaseData(mask, marks, next ?? Place, allVisible, fate, live, removed).SetArgDisplayNames(name);

    [TestCaseSource(nameof(Rows))]
    public void What_a_row_tells(int mask, int marks, Tid next, bool allVisible, string? fate, bool live, bool removed)
    {
        var row = new HiddenRow(Place, new(700, 800, next, (ushort)(marks | 2), (ushort)(mask | XminCommitted), 24), allVisible);
        string? Status(long id) => id == 700 ? "committed" : fate;
        Assert.Multiple(() =>
        {
            Assert.That(row.IsLive(Status), Is.EqualTo(live), "live");
            Assert.That(row.WasRemoved(Status), Is.EqualTo(removed), "removed");
        });
    }

    [TestCase(0x4000, TestName = "Moved off by an old VACUUM FULL")]
    [TestCase(0x8000, TestName = "Moved in by an old VACUUM FULL")]
    public void The_copy_that_an_old_VACUUM_FULL_left_is_not_hidden(int moved)
    {
        HeapTupleHeader Header(int mask) => new(700, 0, Place, 2, (ushort)(mask | XminInvalid | XmaxInvalid), 24);
        Assert.That(Header(0).BitsHideIt);
        Assert.That(Header(moved) is { WasMoved: true, BitsHideIt: false });
    }
}
