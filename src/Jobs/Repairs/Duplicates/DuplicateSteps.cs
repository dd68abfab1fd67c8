using System.Globalization;
using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The statements that resolve duplicates, as the one transaction will send them, by the same code that sends them, with what each locks.</summary>
internal sealed class DuplicateSteps(RepairSession session, UniqueKey key, IndexLook index, RepairLimits limits)
{
    private const string Batch = QuarantineStatements.UnknownBatch;
    private const string Part = "@part";
    private const string Numbers = "@batch, @part: its numbers in healing_quarantine";
    private const string Held = "until all is committed";
    private readonly List<RepairStep> _steps = [];

    public async Task<IReadOnlyList<RepairStep>> OfAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        var patience = string.Create(CultureInfo.InvariantCulture, $"lock_timeout {limits.ExclusiveLockTimeout.TotalSeconds:0.##} s, asked for up to {limits.LockTries} times");
        var losers = decisions.SelectMany(d => d.Losers).Select(l => l.Place).ToList();
        _steps.Add(new(ResolveDuplicates.Hold(key), $"SHARE ROW EXCLUSIVE on {key.TableQuoted} {Held}: who writes waits; {patience}", "nobody may add a row of the same key meanwhile"));
        _steps.Add(new(DuplicateLook.Holding(key), $"ROW SHARE on {key.TableQuoted} and FOR UPDATE on these rows, {Held}: a row that comes to refer to one of them waits", "who refers to them is looked at once more, and stays so")
        { Parameters = $"@places: {DataSteps.Places([.. decisions.SelectMany(d => d.Losers.Prepend(d.Winner)).Select(c => c.Place)])}" });
        foreach (var reference in decisions.SelectMany(d => d.Losers.SelectMany(l => l.Referring.Select(r => (Loser: l, Referring: r, d.Winner)))).GroupBy(r => (r.Referring.Reference.Oid, r.Referring.Reference.Leaf)).OrderBy(r => r.Key))
        {
            await RepointAsync([.. reference], cancel).ConfigureAwait(false);
        }
        await GoAsync(new(await QuarantineTable.OfAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false), Batch, Part), losers, cancel).ConfigureAwait(false);
        if (await DuplicateRemoval.HasLongValuesAsync(session, key, cancel).ConfigureAwait(false))
        {
            var stay = $"@places: {DataSteps.Places([.. decisions.Select(d => d.Winner.Place)])}";
            var referred = (await Reference.ToAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false)).Count > 0;
            _steps.AddRange(DuplicateRemoval.Trial(key, referred).Select(s => new RepairStep(s, $"ROW EXCLUSIVE on {key.TableQuoted}, {Held}", "a trial that is taken back at once: the server says so where a copy that went had its long values in common with the row that stays")
            { Parameters = s.Contains("@places", StringComparison.Ordinal) ? stay : null }));
        }
        _steps.Add(new($"REINDEX INDEX {index.Quoted}", $"SHARE on {key.TableQuoted} and ACCESS EXCLUSIVE on the index, {Held}: who writes waits, and a query of the table that is planned meanwhile too; {patience}", "the index knows exactly the rows that stayed"));
        return _steps;
    }

    private async Task RepointAsync(IReadOnlyList<(DuplicateCopy Loser, Referring Referring, DuplicateCopy Winner)> pairs, CancellationToken cancel)
    {
        var reference = pairs[0].Referring.Reference;
        var statements = new QuarantineStatements(await QuarantineTable.OfAsync(session.Connection, reference.Leaf, cancel).ConfigureAwait(false), Batch, Part);
        var set = await DuplicateRemoval.RepointingAsync(session, key, reference, "@stays", cancel).ConfigureAwait(false);
        var rows = string.Create(CultureInfo.InvariantCulture, $"{pairs.Sum(p => p.Referring.Places.Count)} row(s) of {reference.Quoted} refer to {pairs.Count} row(s) that go, by {reference.Name}");
        var once = pairs.Count == 1 ? "" : "; once for each row that goes";
        var places = $"@places: {DataSteps.Places([.. pairs.SelectMany(p => p.Referring.Places)])}";
        _steps.Add(new(DuplicateRemoval.Referrers(key, reference), $"ROW SHARE on {reference.Quoted} and FOR UPDATE on these rows, ACCESS SHARE on {key.TableQuoted}, {Held}", rows + once) { Parameters = $"@places: {DataSteps.Places([.. pairs.Select(p => p.Loser.Place)])}" });
        _steps.Add(new(statements.Keep(locked: true), $"ROW EXCLUSIVE on healing_quarantine.rows, ROW SHARE on {reference.Quoted} and FOR UPDATE on these rows, {Held}", $"they are kept as they are{once}") { Parameters = $"{places}; {Numbers}" });
        _steps.Add(new(statements.Change(RowChange.Set(set)), $"ROW EXCLUSIVE on {reference.Quoted} and on healing_quarantine.rows, ROW SHARE on {key.TableQuoted}, {Held}", $"they are made to refer to the row that stays{once}")
        { Parameters = $"@stays: {DataSteps.Places([.. pairs.Select(p => $"'{p.Winner.Place}' in place of '{p.Loser.Place}'")])}; {Numbers}" });
    }

    /// <summary>Foreign keys keep still where there are any.</summary>
    private async Task GoAsync(QuarantineStatements table, IReadOnlyList<string> losers, CancellationToken cancel)
    {
        var (places, quoted) = ($"@places: {DataSteps.Places(losers)}", key.TableQuoted);
        var counted = string.Create(CultureInfo.InvariantCulture, $"{losers.Count} row(s) of {quoted}");
        if ((await Reference.ToAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false)).Count == 0)
        {
            _steps.Add(new(table.Move, $"ROW EXCLUSIVE on {quoted} and on healing_quarantine.rows, {Held}", $"{counted}: one row of each key stays; what is deleted is kept, by one statement") { Parameters = $"{places}; {Numbers}" });
            return;
        }
        _steps.Add(new(table.Keep(locked: true), $"ROW EXCLUSIVE on healing_quarantine.rows, ROW SHARE on {quoted} and FOR UPDATE on these rows, {Held}", $"{counted}: one row of each key stays, the others are kept whole") { Parameters = $"{places}; {Numbers}" });
        _steps.Add(new(ForeignKeyClosure.Role("replica"), "none", "the row that stays has every value that others refer to, so that foreign keys keep still"));
        _steps.Add(new(table.Deletion, $"ROW EXCLUSIVE on {quoted}, ROW SHARE on healing_quarantine.rows, {Held}", "exactly the rows that are kept") { Parameters = Numbers });
        _steps.Add(new(ForeignKeyClosure.Role("origin"), "none", "foreign keys are at work again"));
    }
}
