using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Healing;

[TestFixture]
internal sealed class PolicyGateTests
{
    // 2026-01-04 is a Sunday
    private static readonly DateTimeOffset Sunday = new(2026, 1, 4, 1, 30, 0, TimeSpan.Zero);

    [TestCase(RiskClass.LosslessOnline, "", false, false, GateDecision.Go)]
    [TestCase(RiskClass.LosslessLocking, "", false, false, GateDecision.Approval)]
    [TestCase(RiskClass.LosslessLocking, "", true, false, GateDecision.Go)]
    [TestCase(RiskClass.LosslessLocking, "", false, true, GateDecision.Go)]
    [TestCase(RiskClass.LosslessLocking, "Sun 01:00-02:00 UTC", false, false, GateDecision.Go)]
    [TestCase(RiskClass.LosslessLocking, "Sun 02:00-03:00 UTC", false, false, GateDecision.Window)]
    [TestCase(RiskClass.Quarantining, "", false, false, GateDecision.Approval)]
    [TestCase(RiskClass.Manual, "", false, true, GateDecision.Approval)]
    [TestCase(RiskClass.Manual, "", true, false, GateDecision.Go)]
    public void TheClassDecides(RiskClass risk, string window, bool approved, bool approveAll, GateDecision expected) =>
        Assert.That(Decide(risk, new() { MaintenanceWindow = window }, approved, approveAll).Decision, Is.EqualTo(expected));

    [Test]
    public void APolicyTightensAndLoosens()
    {
        Assert.That(Decide(RiskClass.LosslessOnline, With("lossless-online", RepairPolicy.Approve)).Decision, Is.EqualTo(GateDecision.Approval));
        Assert.That(Decide(RiskClass.LosslessOnline, With("lossless-online", RepairPolicy.Never), approveAll: true).Decision, Is.EqualTo(GateDecision.No));
        Assert.That(Decide(RiskClass.LosslessLocking, With("lossless-locking", RepairPolicy.Auto)).Decision, Is.EqualTo(GateDecision.Go));
        Assert.That(Decide(RiskClass.Manual, With("manual", RepairPolicy.Auto), approveAll: true).Decision, Is.EqualTo(GateDecision.Approval));
    }

    [TestCase(1000, true, false, GateDecision.Go)]
    [TestCase(1001, true, false, GateDecision.Approval)]
    [TestCase(1001, true, true, GateDecision.Go)]
    [TestCase(1, false, false, GateDecision.Approval)]
    [TestCase(1, false, true, GateDecision.Go)]
    public void RowsOfADeclaredRuleGoByThemselvesUpToTheCap(long rows, bool optedIn, bool approved, GateDecision expected) =>
        Assert.That(Decide(RiskClass.Quarantining, new(), approved, rows: rows, optedIn: optedIn).Decision, Is.EqualTo(expected));

    [TestCase("", GateDecision.Approval)]
    [TestCase("Sun 01:00-02:00 UTC", GateDecision.Go)]
    [TestCase("Sun 02:00-03:00 UTC", GateDecision.Window)]
    public void WhatKeepsWritersOutWaitsForTheWindowThoughItIsDeclared(string window, GateDecision expected) =>
        Assert.That(Decide(RiskClass.Quarantining, new() { MaintenanceWindow = window }, rows: 1, optedIn: true, locking: true).Decision, Is.EqualTo(expected));

    // without a word about its own class the default of that class holds beside whatever is said about the other
    [TestCase(null, null, GateDecision.Window)]
    [TestCase(null, RepairPolicy.Auto, GateDecision.Go)]
    [TestCase(null, RepairPolicy.Window, GateDecision.Window)]
    [TestCase(null, RepairPolicy.Approve, GateDecision.Approval)]
    [TestCase(null, RepairPolicy.Never, GateDecision.No)]
    [TestCase(RepairPolicy.Auto, null, GateDecision.Window)]
    [TestCase(RepairPolicy.Auto, RepairPolicy.Auto, GateDecision.Go)]
    [TestCase(RepairPolicy.Auto, RepairPolicy.Window, GateDecision.Window)]
    [TestCase(RepairPolicy.Auto, RepairPolicy.Approve, GateDecision.Approval)]
    [TestCase(RepairPolicy.Auto, RepairPolicy.Never, GateDecision.No)]
    [TestCase(RepairPolicy.Window, null, GateDecision.Window)]
    [TestCase(RepairPolicy.Window, RepairPolicy.Auto, GateDecision.Window)]
    [TestCase(RepairPolicy.Window, RepairPolicy.Window, GateDecision.Window)]
    [TestCase(RepairPolicy.Window, RepairPolicy.Approve, GateDecision.Approval)]
    [TestCase(RepairPolicy.Window, RepairPolicy.Never, GateDecision.No)]
    [TestCase(RepairPolicy.Approve, null, GateDecision.Approval)]
    [TestCase(RepairPolicy.Approve, RepairPolicy.Auto, GateDecision.Approval)]
    [TestCase(RepairPolicy.Approve, RepairPolicy.Window, GateDecision.Approval)]
    [TestCase(RepairPolicy.Approve, RepairPolicy.Never, GateDecision.No)]
    [TestCase(RepairPolicy.Never, null, GateDecision.No)]
    [TestCase(RepairPolicy.Never, RepairPolicy.Auto, GateDecision.No)]
    [TestCase(RepairPolicy.Never, RepairPolicy.Never, GateDecision.No)]
    public void OfWhatKeepsWritersOutTheStricterOfBothPoliciesHolds(RepairPolicy? quarantining, RepairPolicy? locking, GateDecision expected)
    {
        var target = new TargetOptions { MaintenanceWindow = "Sun 02:00-03:00 UTC" };
        foreach (var (name, policy) in new[] { ("quarantining", quarantining), ("lossless-locking", locking) })
        {
            if (policy is { } said)
            {
                target.Policy[name] = said;
            }
        }
        Assert.That(Decide(RiskClass.Quarantining, target, optedIn: true, locking: true).Decision, Is.EqualTo(expected));
        Assert.That(PolicyGate.IsOfWindow(RiskClass.Quarantining, target, locking: true), Is.EqualTo(expected == GateDecision.Window));
        Assert.That(Decide(RiskClass.Quarantining, target, optedIn: true).Decision, Is.EqualTo(quarantining is { } own ? Decide(RiskClass.LosslessOnline, With("lossless-online", own, target.MaintenanceWindow)).Decision : GateDecision.Go), "what locks nothing is held by its own alone");
    }

    [Test]
    public void ItIsSaidWhichOfTheTwoClassesHoldsItBack()
    {
        var target = new TargetOptions { MaintenanceWindow = "Sun 02:00-03:00 UTC", Policy = { ["quarantining"] = RepairPolicy.Auto, ["lossless-locking"] = RepairPolicy.Never } };
        Assert.That(Decide(RiskClass.Quarantining, target, optedIn: true, locking: true).Why, Is.EqualTo("the policy of the target says never for lossless-locking"));
        (target.Policy["quarantining"], target.Policy["lossless-locking"]) = (RepairPolicy.Never, RepairPolicy.Auto);
        Assert.That(Decide(RiskClass.Quarantining, target, optedIn: true, locking: true).Why, Is.EqualTo("the policy of the target says never for quarantining"));
    }

    [TestCase(false, null, false, GateDecision.Approval)]
    [TestCase(true, "which?", false, GateDecision.Go)]
    [TestCase(false, null, true, GateDecision.Go)]
    [TestCase(true, "why?; which?", false, GateDecision.Go)]
    [TestCase(true, null, false, GateDecision.Approval)]
    [TestCase(true, "why?", false, GateDecision.Approval)]
    [TestCase(true, null, true, GateDecision.Go)]
    public void AQuestionIsAskedWhateverThePolicySays(bool approved, string? asked, bool approveAll, GateDecision expected) =>
        Assert.That(Decide(RiskClass.Quarantining, With("quarantining", RepairPolicy.Auto), approved, approveAll, rows: 1, optedIn: true, asks: "which?", asked: asked).Decision, Is.EqualTo(expected));

    [Test]
    public void AnApprovalSaysNothingAboutWhatWasNotAskedThen()
    {
        var gate = Decide(RiskClass.Quarantining, new(), approved: true, read: 1, asks: "which?; whether rows were lost cannot be told", asked: "which?");
        Assert.That((gate.Decision, gate.Why), Is.EqualTo((GateDecision.Approval, "whether rows were lost cannot be told; somebody has approved nothing that asks this: it wants to be read and approved again")));
    }

    [TestCase("7 row(s) of public.t1 refer to 2 rows that go; which?", null)]
    [TestCase("which?", null)]
    [TestCase("5000 row(s) of public.t2 refer to 3 rows that go", "5000 row(s) of public.t2 refer to 3 rows that go")]
    [TestCase("which?; why 5?", "why 5?")]
    public void OtherCountsAreNoOtherQuestion(string asks, string? unread) =>
        Assert.That(PlanQuestions.NewTo(PlanQuestions.BindingOf("5000 row(s) of public.t1 refer to 3 rows that go; which?"), asks), Is.EqualTo(unread));

    [Test]
    public void WhatAPlanAsksIsPartOfWhatWasRead()
    {
        var plan = new RepairPlan("resolve_duplicates", RiskClass.Quarantining, [new("DELETE", "ROW", "why")]) { Rows = 1 };
        var asking = plan with { Asks = "which?" };
        Assert.Multiple(() =>
        {
            Assert.That(PlanHash.Of(asking), Is.Not.EqualTo(PlanHash.Of(plan)).And.Not.EqualTo(PlanHash.Of(plan with { Asks = "why?" })));
            var told = HealingWorkers.Dashboard.Api.PlanShape.Of(asking);
            Assert.That((told.Asks, told.Hash), Is.EqualTo(("which?", PlanHash.Of(asking))));
            Assert.That(PlanHash.OfWork(asking), Is.EqualTo(PlanHash.Of(plan)), "what is done is the same");
            Assert.That((PlanHash.BindingOf(plan), PlanHash.BindingOf(asking with { Risk = RiskClass.Manual })), Is.EqualTo(((string?)null, PlanHash.Of(asking with { Risk = RiskClass.Manual }))));
        });
    }

    [TestCase(RepairPolicy.Auto)]
    [TestCase(RepairPolicy.Window)]
    public void TheCapHoldsWhateverThePolicySays(RepairPolicy policy) =>
        Assert.That(Decide(RiskClass.Quarantining, With("quarantining", policy), rows: 1001).Decision, Is.EqualTo(GateDecision.Approval));

    [TestCase(10, 10, GateDecision.Go)]
    [TestCase(9, 10, GateDecision.Go)]
    [TestCase(11, 10, GateDecision.Approval)]
    [TestCase(11, null, GateDecision.Go)]
    public void AnApprovalIsGoodForTheRowsThatWereRead(long rows, long? read, GateDecision expected)
    {
        Assert.That(Decide(RiskClass.Quarantining, new(), approved: true, rows: rows, read: read).Decision, Is.EqualTo(expected));
        Assert.That(Decide(RiskClass.Manual, new(), approved: true, rows: rows, read: read).Decision, Is.EqualTo(expected));
    }

    [Test]
    public void WhoeverObservesRepairsNothing() =>
        Assert.That(Decide(RiskClass.LosslessOnline, new() { Mode = HealingMode.Observe }, approved: true, approveAll: true).Decision, Is.EqualTo(GateDecision.Observe));

    [Test]
    public void AWindowKnowsItsZoneItsNextStartAndWhatWasMissed()
    {
        var window = MaintenanceWindow.Parse("Sat,Sun 23:30-00:30 Europe/Vienna")!;
        var start = new DateTimeOffset(2026, 1, 3, 22, 30, 0, TimeSpan.Zero);
        Assert.Multiple(() =>
        {
            Assert.That(window.Contains(start), Is.True);
            Assert.That(window.Contains(start.AddMinutes(-1)), Is.False);
            Assert.That(window.Contains(start.AddMinutes(59)), Is.True);
            Assert.That(window.Contains(start.AddMinutes(60)), Is.False);
            Assert.That(window.EndOf(start.AddMinutes(59)), Is.EqualTo(start.AddHours(1)));
            Assert.That(window.NextStart(start.AddDays(1)), Is.EqualTo(start.AddDays(7)));
            Assert.That(window.Missed(start.AddHours(-1), start.AddDays(8)), Is.EqualTo(3));
            Assert.That(MaintenanceWindow.Parse(""), Is.Null);
            Assert.That(() => MaintenanceWindow.Parse("whenever"), Throws.TypeOf<Errors.HealingException>());
        });
    }

    private static TargetOptions With(string risk, RepairPolicy policy, string window = "") => new() { MaintenanceWindow = window, Policy = { [risk] = policy } };

    private static Gate Decide(RiskClass risk, TargetOptions target, bool approved = false, bool approveAll = false, long rows = 1, bool optedIn = false, long? read = null, bool locking = false, string? asks = null, string? asked = null) =>
        PolicyGate.Decide(new Incident
        {
            Id = 1, TargetId = 1, TargetName = "t", Fingerprint = "", Kind = FindingKind.BtreeCorrupt, Severity = Severity.Critical, Check = "btree", Object = new(1, "a.b"),
            Detail = "", Evidence = "{}", Repair = "rebuild_index", Risk = risk, State = IncidentState.Detected, Attempts = 0, AttemptsAllowed = 3, Deferrals = 0,
            DeferredSince = null, Reason = null, ApprovedBy = approved ? "somebody" : null, ApprovedRows = read, ApprovedPlan = PlanQuestions.BindingOf(asked), DueAt = null, OpenedAt = Sunday, LastSeenAt = Sunday, ClosedAt = null, TraceParent = null,
        }, new RepairPlan("rebuild_index", risk, []) { Rows = rows, OptedIn = optedIn, Asks = asks }, new() { ApproveAll = approveAll, MaxRowsPerRepair = 1000 }, target, Sunday, locking);
}
