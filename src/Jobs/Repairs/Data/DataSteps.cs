using System.Globalization;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The statements of a repair of the data as each of its batches will send them, by the same code that sends them, with what each locks.</summary>
/// <param name="along">What foreign keys take along.</param>
internal sealed class DataSteps(RepairSession session, DataWork work, IReadOnlyCollection<Along> along)
{
    private const int MostTables = 20;
    private const int MostPlaces = 10;
    private const string Batch = QuarantineStatements.UnknownBatch;
    private const string Numbers = "@batch: its number in healing_quarantine";
    private const string Held = "until its batch is committed (an eighth of a second is aimed at; lock_timeout 100 ms)";
    private const string Kept = "ROW EXCLUSIVE on healing_quarantine.rows";
    private readonly HashSet<Along> _told = [];
    private readonly List<RepairStep> _steps = [];

    public async Task<IReadOnlyList<RepairStep>> OfAsync(CancellationToken cancel)
    {
        // a copy of the server must come to the same plan, in whatever order it is read
        var leaves = work.Found.Places.GroupBy(p => p.Leaf).OrderBy(l => l.Key.Oid).ToList();
        foreach (var leaf in leaves.Take(MostTables))
        {
            await LeafAsync(leaf.Key, [.. leaf.Select(p => p.Ctid)], cancel).ConfigureAwait(false);
        }
        if (leaves.Count > MostTables)
        {
            _steps.Add(new($"-- the same in {leaves.Count - MostTables} more tables: {string.Join(", ", leaves.Skip(MostTables).Select(l => Counted(l.Key.Quoted, l.Count())))}", "the same on each of them", work.Reason));
        }
        if (work.Twin is { } twin)
        {
            _steps.AddRange(await twin.StepsAsync(session, work.Incident.Id, cancel).ConfigureAwait(false));
        }
        return _steps;
    }

    private async Task LeafAsync(RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        var table = await QuarantineTable.OfAsync(session.Connection, leaf.Oid, cancel).ConfigureAwait(false);
        var root = new QuarantineStatements(table, Batch, "@part");
        var rows = Places(ctids);
        _steps.Add(new(work.Rows.Locking(leaf), $"ROW SHARE on {leaf.Quoted} and FOR UPDATE on these rows, {Held}: who changes one of them waits, who only reads does not; ACCESS SHARE on what the condition reads",
            $"{Counted(leaf.Quoted, ctids.Count)}{(work.Found.Count > work.Found.Places.Count ? " for a beginning" : "")}, in batches, each looked at again under lock: {work.Reason}")
        { Parameters = string.Join("; ", new[] { $"@ctids: {rows}", work.Rows.Parameters }.Where(p => p is not null)) });
        if (work.Audit is { } audit)
        {
            _steps.Add(new(audit.Statement(work, leaf), $"ROW EXCLUSIVE on {audit.Quoted}, ACCESS SHARE on {leaf.Quoted}", "each row is told in the audit table, in the same transaction") { Parameters = $"{audit.Parameters(work, leaf)}; @ctids: {rows}" });
        }
        if (work.Set is { } set)
        {
            Keep(root, rows);
            _steps.Add(new(root.Change(RowChange.Set(set)), $"ROW EXCLUSIVE on {leaf.Quoted} and on healing_quarantine.rows, {Held}", "exactly the rows that are kept; what they became is noted beside it") { Parameters = $"{Numbers}, @part: of {leaf.Quoted} in it" });
        }
        else if ((await Reference.ToAsync(session.Connection, leaf.Oid, cancel).ConfigureAwait(false)).Count == 0)
        {
            _steps.Add(new(root.Move, $"ROW EXCLUSIVE on {leaf.Quoted} and on healing_quarantine.rows, {Held}", $"what is deleted is kept, by one statement; nothing refers to {leaf.Quoted}") { Parameters = $"@places: {rows}; {Numbers}, @part: of {leaf.Quoted} in it" });
        }
        else
        {
            Keep(root, rows);
            await DeleteAsync(root, cancel).ConfigureAwait(false);
        }
    }

    private void Keep(QuarantineStatements root, string rows) => _steps.Add(new(root.Keep(locked: true), $"{Kept}; ROW SHARE on {root.Table.Quoted} and FOR UPDATE on these rows, {Held}", "each row is kept whole before it is touched; the batch is booked in healing_quarantine.batches and .parts")
    { Parameters = $"@places: {rows}, as far as they are still wrong; {Numbers}, {root.Part}: of {root.Table.Quoted} in it" });

    /// <summary>Everything that goes along is kept, what loses its reference is changed, and then all goes by one statement.</summary>
    private async Task DeleteAsync(QuarantineStatements root, CancellationToken cancel)
    {
        var going = new Dictionary<long, QuarantineStatements> { [root.Table.Oid] = root };
        var reached = new List<Along>();
        for (var more = true; more;)
        {
            // by tables that go along, however they are come upon
            var next = along.Where(a => going.ContainsKey(a.To) && !reached.Contains(a)).OrderBy(a => a.Reference.Oid).ThenBy(a => a.Reference.Leaf).ThenBy(a => a.To).ToList();
            more = next.Count > 0;
            reached.AddRange(next);
            foreach (var leaf in next.Where(a => a.Reference.OnDelete is "c").Select(a => a.Reference.Leaf).Where(l => !going.ContainsKey(l)).Distinct().ToList())
            {
                going.Add(leaf, new(await QuarantineTable.OfAsync(session.Connection, leaf, cancel).ConfigureAwait(false), Batch, string.Create(CultureInfo.InvariantCulture, $"@part{going.Count + 1}")));
            }
        }
        var fresh = reached.OrderBy(a => a.Reference.OnDelete is "c" ? 0 : 1).Where(_told.Add).ToList();
        foreach (var one in fresh.Take(MostTables))
        {
            await AlongAsync(one, going, cancel).ConfigureAwait(false);
        }
        if (fresh.Count > MostTables)
        {
            _steps.Add(new($"-- the same for {fresh.Count - MostTables} more keys: {string.Join(", ", fresh.Skip(MostTables).Select(a => $"{Counted(a.Reference.Quoted, a.Rows)} by {a.Reference.Name}"))}", "the same on each of these tables", "what foreign keys take along is kept"));
        }
        var tables = string.Join(", ", going.Values.Select(g => g.Table.Quoted));
        _steps.Add(new(QuarantineStatements.TogetherTold([.. going.Values.Select(g => g.Deletion)]),
            $"ROW EXCLUSIVE on {tables}, {Held}; ROW SHARE on healing_quarantine.rows, and no more than ROW EXCLUSIVE on what else refers to them, whose keys are asked", "exactly the rows that are kept, all by one statement")
        { Parameters = $"{Numbers}, {string.Join(", ", going.Values.Select(g => $"{g.Part}: of {g.Table.Quoted} in it"))}" });
    }

    private async Task AlongAsync(Along one, Dictionary<long, QuarantineStatements> going, CancellationToken cancel)
    {
        var reference = one.Reference;
        var goes = reference.OnDelete is "c";
        var statements = goes ? going[reference.Leaf] : new(await QuarantineTable.OfAsync(session.Connection, reference.Leaf, cancel).ConfigureAwait(false), Batch, "@changed");
        var parameters = $"@places: rows of {one.ToQuoted} that go; {Numbers}, {statements.Part}: of {reference.Quoted} in it";
        _steps.Add(new(statements.KeepReferring(reference, one.ToQuoted, goes ? null : going.GetValueOrDefault(reference.Leaf)?.Part),
            $"{Kept}; ROW SHARE on {reference.Quoted} and FOR UPDATE on these rows, ACCESS SHARE on {one.ToQuoted}, {Held}", $"{Counted(reference.Quoted, one.Rows)}, kept before {(goes ? "they go" : "they are changed")}: {reference.Taking}") { Parameters = parameters });
        if (!goes)
        {
            _steps.Add(new(statements.Change(reference.Loosening(statements.Table)), $"ROW EXCLUSIVE on {reference.Quoted} and on healing_quarantine.rows, {Held}", $"{Counted(reference.Quoted, one.Rows)} lose their reference: {reference.Taking}") { Parameters = $"{Numbers}, {statements.Part}: of {reference.Quoted} in it" });
        }
    }

    private static string Counted(string table, long rows) => string.Create(CultureInfo.InvariantCulture, $"{rows} row(s) of {table}");

    /// <summary>The first, and how many they are.</summary>
    internal static string Places(IReadOnlyList<string> places) =>
        string.Join(", ", places.Take(MostPlaces)) + (places.Count > MostPlaces ? string.Create(CultureInfo.InvariantCulture, $" and {places.Count - MostPlaces} more") : "");
}
