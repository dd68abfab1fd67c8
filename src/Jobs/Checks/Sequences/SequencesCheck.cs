using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Sequences that would give out numbers that are taken, soon have none left, cannot be read, or number a column no longer.</summary>
public sealed class SequencesCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "sequences", "Compares each sequence with the columns that it numbers, and looks whether it can be read and how many numbers are left.", "db.health_check",
        "Reads the sequence and one index entry of each column; a column without an index only where its table is small.", "ACCESS SHARE on sequences and tables.",
        "SELECT on the sequences and their columns (as their owner, or pg_read_all_data).",
        "Sequences that only functions or triggers use; columns without an index in tables over 32 MB; columns under row security; wrong numbers in a page that looks whole; columns whose table or index is known to be damaged.",
        [FindingKind.SequenceBehind, FindingKind.SequenceUnreadable, FindingKind.SequenceNearEnd, FindingKind.SequenceDetached, FindingKind.DeadlyRead]);

    /// <summary>How long a column may take to tell its furthest number.</summary>
    public TimeSpan Longest { get; init; } = ColumnQuestion.Usual;

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        await using var run = new SequencesRun(Description.Name, request, facts, deadly, new(request.Target.Clock, deadly) { Longest = Longest });
        await run.LookAsync(cancel).ConfigureAwait(false);
        IReadOnlyList<Finding> findings = [.. run.Findings, .. deadly.Findings];
        var nothing = run.Examined.Count == 0 && run.Hidden.Count > 0;
        return new(Description.Name, nothing ? CheckStatus.Unavailable : CheckReport.StatusOf(findings), elapsed(), run.Reason, findings, [.. run.Examined.Select(e => e.Oid)])
        {
            ExaminedNames = [.. run.Examined.Select(e => e.Quoted)],
            LeftAlone = run.LeftAlone,
        };
    }, cancel);
}
