using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Repairs;

[TestFixture]
internal sealed class IndexRecheckTests
{
    private const long Index = 77;
    private static readonly long[] It = [Index];

    /// <summary>gin_index_check is content with an index that has lost the entries of a row.</summary>
    [TestCase(true, CheckStatus.Damaged, false, true, false)]
    [TestCase(true, CheckStatus.Clean, true, true, true)]
    [TestCase(true, CheckStatus.Clean, false, false, false)]
    [TestCase(true, CheckStatus.Failed, false, false, false)]
    [TestCase(true, CheckStatus.Unavailable, false, true, true)]
    [TestCase(false, CheckStatus.Unavailable, false, false, false)]
    public async Task The_form_of_a_gin_index_says_nothing_of_its_rows(bool formed, CheckStatus status, bool examined, bool looked, bool sound)
    {
        var finding = Finding.Of(IndexProbeCheck.CheckName, FindingKind.IndexIncomplete, new("1", 5), new(Index, "public.tags_gin"), "a row is missing");
        var recheck = new IndexRecheck(
        [
            new Said(new(GinCheck.CheckName, CheckStatus.Clean, TimeSpan.Zero, null, [], formed ? It : [])),
            new Said(new(IndexProbeCheck.CheckName, status, TimeSpan.Zero, "why", status == CheckStatus.Damaged ? [finding] : [], examined ? It : [])),
        ]);
        await using var target = new Target(new TargetOptions { Name = "none", Connection = "Host=127.0.0.1;Port=1" }, TimeProvider.System);
        var verdict = await recheck.LookAsync(target, It, CancellationToken.None);
        Assert.That((verdict.Looked, verdict.Sound), Is.EqualTo((looked, sound)), verdict.Said);
    }

    /// <summary>What a check says, without a server that could be brought to say it.</summary>
    private sealed class Said(CheckReport report) : ICheck
    {
        public CheckDescription Description { get; } = new(report.Check, "", "", "", "", "", "", []);

        public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => Task.FromResult(report);
    }
}
