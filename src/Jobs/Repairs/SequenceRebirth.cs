using System.Globalization;
using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>How a sequence is made anew: the statements, in their order.</summary>
public sealed class SequenceRebirth(SequenceLook sequence, SequenceEstate estate)
{
    /// <summary>Numbers may have been drawn and not be in any row.</summary>
    private const long Distance = 1000;

    public SequenceLook Sequence => sequence;
    public SequenceEstate Estate => estate;

    private string Options => string.Create(CultureInfo.InvariantCulture,
        $"INCREMENT {sequence.Increment} MINVALUE {sequence.Min} MAXVALUE {sequence.Max} START {sequence.Start} CACHE {sequence.Cache}");

    public bool IsSameAs(SequenceLook other) =>
        other with { Oid = sequence.Oid, Draws = sequence.Draws } == sequence;

    /// <summary>Beyond the furthest number in use; null where too few are left.</summary>
    public async Task<long?> ValueAsync(RepairSession session, CancellationToken cancel)
    {
        var reach = await ReachAsync(session, sequence.Start, cancel).ConfigureAwait(false);
        var steps = Math.Max(Distance, 40 * sequence.Cache);
        var value = (reach.Furthest ?? sequence.Start) + (decimal)sequence.Increment * steps;
        var beyond = value + (decimal)sequence.Increment * steps;
        return beyond > sequence.Max || beyond < sequence.Min ? null : (long)value;
    }

    /// <summary>Null where the numbers in use are those of one pace, that of its start: which of several was its own, only the lost sequence knew.</summary>
    public async Task<string?> AsksAsync(RepairSession session, CancellationToken cancel) =>
        Math.Abs((decimal)sequence.Increment) == 1
        || await ReachAsync(session, sequence.Start, cancel).ConfigureAwait(false) == await ReachAsync(session, given: null, cancel).ConfigureAwait(false) ? null
            : string.Create(CultureInfo.InvariantCulture, $"{sequence.Quoted} steps by {sequence.Increment}, and the furthest number in use is not one of those that it gives from its START {sequence.Start} on: made anew it gives those; if another server shares out the numbers with this one, see that they are not the other's");

    private Task<SequenceReach> ReachAsync(RepairSession session, long? given, CancellationToken cancel) =>
        SequenceReach.OfAsync(session.Connection, new(session.Target.Clock), sequence, sequence.Draws, given, cancel);

    public IReadOnlyList<string> Statements(long value) => [.. LockStatements(), .. MakeStatements(), .. FurnishStatements(value)];

    /// <summary>Tables in the order of their oids, so that two of us never wait for each other.</summary>
    public IReadOnlyList<string> LockStatements() =>
        [.. sequence.Draws.Select(d => (d.TableOid, d.Table)).Concat(estate.Defaults.Select(d => (d.TableOid, d.Table))).Distinct().OrderBy(t => t.TableOid)
            .Select(t => $"LOCK TABLE ONLY {t.Table} IN ACCESS EXCLUSIVE MODE")];

    public IReadOnlyList<string> MakeStatements() => estate.Identity is { } identity
        ?
        [
            $"ALTER TABLE {sequence.OwnerTable} ALTER COLUMN {sequence.OwnerColumn} DROP IDENTITY",
            $"ALTER TABLE {sequence.OwnerTable} ALTER COLUMN {sequence.OwnerColumn} ADD GENERATED {(identity == "a" ? "ALWAYS" : "BY DEFAULT")} AS IDENTITY (SEQUENCE NAME {sequence.Quoted} {Options})",
        ]
        :
        [
            .. estate.Defaults.Select(d => $"ALTER TABLE ONLY {d.Table} ALTER COLUMN {d.Column} DROP DEFAULT"),
            $"DROP SEQUENCE {sequence.Quoted}",
            $"CREATE {(sequence.IsUnlogged ? "UNLOGGED " : "")}SEQUENCE {sequence.Quoted} AS {sequence.Type} {Options} NO CYCLE",
            $"ALTER SEQUENCE {sequence.Quoted} OWNER TO {estate.OwnerQuoted}",
        ];

    public IReadOnlyList<string> FurnishStatements(long value) =>
    [
        .. estate.Identity is null && sequence.OwnerTable is not null ? new[] { $"ALTER SEQUENCE {sequence.Quoted} OWNED BY {sequence.Owner}" } : [],
        .. estate.Identity is null ? estate.Defaults.Select(d => $"ALTER TABLE ONLY {d.Table} ALTER COLUMN {d.Column} SET DEFAULT {d.Expression}") : [],
        .. estate.Grants,
        .. estate.Comment is { } comment ? new[] { $"COMMENT ON SEQUENCE {sequence.Quoted} IS {comment}" } : [],
        string.Create(CultureInfo.InvariantCulture, $"SELECT pg_catalog.setval('{sequence.Quoted.Replace("'", "''", StringComparison.Ordinal)}'::pg_catalog.regclass, {value}, true)"),
    ];
}
