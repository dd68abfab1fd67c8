using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What is wrong with a sequence that can be read.</summary>
internal sealed class SequenceVerdict(string check, TargetId target, SequenceLook sequence, SequenceState state)
{
    /// <summary>So many numbers before the end are few.</summary>
    private const decimal NearEnd = 0.9m;

    /// <summary>Farther ahead than this, and nothing near: a row with a number from elsewhere, which the sequence is not to follow.</summary>
    private const decimal FarAhead = 10_000_000;

    private const int NearSteps = 10_000;

    private decimal Next => state.Next(sequence);

    /// <summary>Where the column is the narrower of the two, it decides.</summary>
    private decimal End => sequence.Rises ? Math.Min(sequence.Max, sequence.Uses.Select(u => u.TypeMax).DefaultIfEmpty(long.MaxValue).Min()) : sequence.Min;

    /// <summary>The columns' numbers first and the sequence after them: what was drawn in between makes it only seem further ahead.</summary>
    public static async Task<SequenceComparison> CompareAsync(NpgsqlConnection connection, ColumnQuestion question, string check, TargetId target, SequenceLook sequence, CancellationToken cancel)
    {
        if (await SequenceState.ReadAsync(connection, sequence, cancel).ConfigureAwait(false) is not { } before)
        {
            return new(null, null);
        }
        var reach = await SequenceReach.OfAsync(connection, question, sequence, sequence.Uses.Where(u => u.CanBeAsked), before.Last, cancel).ConfigureAwait(false);
        if (await SequenceState.ReadAsync(connection, sequence, cancel).ConfigureAwait(false) is not { } state
            || new SequenceVerdict(check, target, sequence, state) is var verdict && !verdict.IsBehind(reach))
        {
            return new(null, null);
        }
        var near = !verdict.IsFar(reach)
            || await SequenceReach.IsNearAsync(connection, question, sequence, reach.Use!, verdict.Next, NearSteps, cancel).ConfigureAwait(false);
        return new(verdict.Behind(reach, near), reach.Furthest);
    }

    private bool IsBehind(SequenceReach reach) => !sequence.Cycles && state.IsBehind(sequence, reach);

    private bool IsFar(SequenceReach reach) => reach.Furthest is { } far && Math.Abs(far - Next) > FarAhead * Math.Abs((decimal)sequence.Increment);

    private Finding? Behind(SequenceReach reach, bool isNear)
    {
        if (reach is not { Furthest: { } far, Use: { } use } || (!use.IsKey && sequence.OwnerTable is null))
        {
            return null;
        }
        var why = use.IsSubscribed ? "its rows come from a subscription with their numbers: set it when this server takes over"
            : IsFar(reach) && !isNear ? "that number is far ahead and none is near: it looks like one from elsewhere, which the sequence need not follow"
            : !use.IsKey ? "no unique index has the column, so that nothing fails; numbers are given twice"
            : null;
        var full = why is null && Used(far) > NearEnd;
        var detail = $"the next number it gives is {Next}, but {use} already goes up to {far}: "
            + (why ?? (full ? "inserts fail, and after that number too few are left: a person must say how to go on" : "inserts fail with a duplicate key as soon as they meet a number that is taken"));
        var finding = Finding.Of(check, FindingKind.SequenceBehind, target, sequence.Name, detail) with { Evidence = Evidence(far, use) };
        return why is not null ? finding with { Severity = Severity.Info, Repair = null, Risk = null }
            : full ? finding with { Repair = null, Risk = null }
            : finding;
    }

    public Finding? Ending()
    {
        if (sequence.Cycles || Used(state.Last) <= NearEnd || !state.IsCalled)
        {
            return null;
        }
        var left = sequence.Increment == 0 ? 0 : decimal.Floor(Math.Abs(End - state.Last) / Math.Abs((decimal)sequence.Increment));
        var done = (sequence.Rises ? state.Last >= End : state.Last <= End) || left == 0;
        var detail = done ? $"its last number {state.Last} is given: every insert that needs the next one fails"
            : $"it has come to {state.Last} of {End}: {left} numbers are left";
        return Finding.Of(check, FindingKind.SequenceNearEnd, target, sequence.Name, $"{detail}; widen the column to bigint and then the sequence (ALTER SEQUENCE ... AS bigint, MAXVALUE), which rewrites the table") with
        {
            Severity = done ? Severity.Critical : Severity.Warning,
            Evidence = Evidence(null, null),
        };
    }

    private decimal Used(decimal at)
    {
        var whole = sequence.Rises ? End - sequence.Min : sequence.Max - End;
        return whole <= 0 ? 0 : (sequence.Rises ? at - sequence.Min : sequence.Max - at) / whole;
    }

    private JsonObject Evidence(long? far, SequenceUse? use) => new()
    {
        ["last_value"] = state.Last,
        ["is_called"] = state.IsCalled,
        ["increment"] = sequence.Increment,
        ["max_value"] = sequence.Max,
        ["furthest"] = far,
        ["table"] = use?.Table,
        ["table_oid"] = use?.TableOid,
        ["column"] = use?.Column,
    };
}

/// <param name="Behind">Null where it is not, or where that is nothing to tell.</param>
/// <param name="Furthest">The furthest number in use, where it is behind.</param>
internal sealed record SequenceComparison(Finding? Behind, long? Furthest);
