using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Repairs;

[TestFixture]
internal sealed class DuplicateDecisionTests
{
    [TestCase(9L, 5L, "(0,2)", true)]
    [TestCase(5L, 5L, "(0,1)", false)]
    [TestCase(9L, null, "(0,1)", false)]
    [TestCase(null, null, "(0,1)", false)]
    public void TheOldestIsTheOneOnlyWhereAllAgesAreKnown(long? age, long? other, string stays, bool decided)
    {
        var decision = DuplicateLook.Decide("(1)", [new("(0,1)", other, "{1,new}"), new("(0,2)", age, "{1,old}")], KeepRow.Oldest);
        Assert.That((decision.Winner.Place, decision.IsDecided), Is.EqualTo((stays, decided)));
        Assert.That(decision.Why, decision.IsOfKnownAge ? Does.Contain(decided ? "the longest ago" : "it is the oldest") : Does.Contain("their ages cannot be told"));
    }

    [Test]
    public void EqualRowsNeedNoAge() =>
        Assert.That(DuplicateLook.Decide("(1)", [new("(0,2)", null, "{1,a}"), new("(0,1)", 3, "{1,a}")], KeepRow.Oldest) is { IsDecided: true, Winner.Place: "(0,1)" }, Is.True);

    [Test]
    public void OtherKeysOrValuesAreAnotherQuestionAndOtherPlacesAreNot()
    {
        var read = PlanQuestions.BindingOf(Asks(Differ("(1)", "{1,a}", "{1,b}")));
        Assert.Multiple(() =>
        {
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(1)", "{1,a}", "{1,b}", page: 7))), Is.Null);
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(2)", "{2,a}", "{2,b}"))), Is.Not.Null, "of another key");
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(1)", "{1,a}", "{1,c}"))), Is.Not.Null, "another value goes");
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(1)", "{1,b}", "{1,a}"))), Is.Not.Null, "the other one stays");
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(1)", "{1,a}", "{1,b}") with { Loose = ["7 row(s)"] })), Is.Not.Null, "rows came to point at what goes");
            Assert.That(PlanQuestions.NewTo(read, Asks(Differ("(1)", "{1,a}", "{1,b}"), Differ("(2)", "{2,a}", "{2,b}"))), Is.Not.Null, "one more");
            Assert.That(DuplicateQuestion.Of([DuplicateLook.Decide("(1)", [new("(0,1)", 1, "{1}"), new("(0,2)", 2, "{1}")], KeepRow.Ask)]), Is.Null);
        });
    }

    [TestCase(20, false)]
    [TestCase(23, true)]
    public void HowManyAreNotShownIsSaid(int keys, bool more)
    {
        DuplicateDecision[] decisions = [.. Enumerable.Range(1, keys).Select(k => Differ($"({k})", $"{{{k},a}}", $"{{{k},b}}"))];
        Assert.That(DuplicateQuestion.Of(decisions), more ? Does.Contain("(3 of these keys are not among the samples, and a note says how to see all)") : Does.Not.Contain("among the samples"));
        Assert.That(DuplicateQuestion.Samples(decisions), Has.Count.EqualTo(20).And.All.Contains("PLEASE LOOK"));
    }

    private static string Asks(params DuplicateDecision[] decisions) => DuplicateQuestion.Of(decisions)!;

    private static DuplicateDecision Differ(string key, string stays, string goes, int page = 0) =>
        DuplicateLook.Decide(key, [new($"({page},1)", 9, stays), new($"({page},2)", 5, goes)], KeepRow.Referenced);
}
