using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Brings back a few of the rows that an incident's repairs took, or takes these again; within the caller's transaction.</summary>
public sealed class SingleRows(RepairSession session, Incident incident, StatementLog log, IReadOnlySet<long>? broken = null)
{
    /// <summary>As many as anybody ticks; who wants more undoes the whole repair.</summary>
    public const int Most = 1000;

    private readonly NpgsqlConnection _connection = session.Connection;

    public async Task<MovedRows> BackAsync(IReadOnlyList<KeptPlace> chosen, string actor, CancellationToken cancel)
    {
        var rows = await FindAsync(chosen, cancel).ConfigureAwait(false);
        if (rows.Where(r => r.ReplacedBy is not null && !rows.Any(o => o.ReplacedBy is null && (o.First, o.Part, o.Place) == (r.First, r.Part, r.Place))).ToList() is { Count: > 0 } again)
        {
            throw PartMapping.Refusal($"{again.Count} of the chosen rows came back once and were taken again: they lie in batch {again[0].ReplacedBy} by now");
        }
        var pieces = new List<KeptBatch>();
        var batches = await BatchesAsync(cancel).ConfigureAwait(false);
        if (batches.Where(b => b.OnlyCopied && rows.Any(r => r.Batch == b.Id)).ToList() is { Count: > 0 } copies)
        {
            throw KeptBatch.Refusal(copies);
        }
        foreach (var part in rows.Where(r => !r.IsBack).GroupBy(r => r.Batch))
        {
            pieces.Add(await BatchSplit.RunAsync(_connection, session.Ledger, incident, batches.Single(b => b.Id == part.Key), [.. part], session.Attempt, actor, cancel).ConfigureAwait(false));
        }
        if (pieces.Count == 0)
        {
            var back = batches.Where(b => rows.Any(r => r.Batch == b.Id)).ToList();
            return new(0, back, back.Exists(b => b.Attempt > incident.Attempts), null, await LeftAsync(cancel).ConfigureAwait(false));
        }
        var ids = pieces.Select(p => p.Id).ToArray();
        var parents = (await _connection.QueryAsync<string>(new CommandDefinition(Sql.Of<QuarantineTable>("kept_parents"),
            new { ledger = session.Ledger, incident = incident.Id, opened = incident.OpenedAt.ToUniversalTime(), chosen = ids }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        if (parents.Count > 0)
        {
            throw new HealingException($"rows that the chosen ones refer to lie in the quarantine as well: {string.Join("; ", parents)}", "Nothing was changed. Choose those too.");
        }
        var restored = await new RowRestoration(_connection, log, broken).RunAsync(pieces, actor, cancel).ConfigureAwait(false);
        return new(restored.Rows, pieces, true, restored.Without, await LeftAsync(cancel).ConfigureAwait(false));
    }

    /// <summary>Rows that came back together go together: the keys between them were looked at for all of them.</summary>
    public async Task<MovedRows> AgainAsync(IReadOnlyList<KeptPlace> chosen, string why, CancellationToken cancel)
    {
        var rows = await FindAsync(chosen, cancel).ConfigureAwait(false);
        if (rows.Count(r => !r.IsBack) is > 0 and var inside)
        {
            throw PartMapping.Refusal($"{inside} of the chosen rows lie in the quarantine, and did not come back");
        }
        var batches = await BatchesAsync(cancel).ConfigureAwait(false);
        var back = rows.Where(r => r.ReplacedBy is null).GroupBy(r => r.Batch).Select(g => (Batch: batches.Single(b => b.Id == g.Key), Chosen: g.Count())).ToList();
        if (back.Find(b => b.Chosen != b.Batch.Rows) is { Batch: { } part } some)
        {
            throw PartMapping.Refusal($"{part.Rows} rows came back together by attempt {part.Attempt}, and {some.Chosen} of them are chosen: they can only be taken again together");
        }
        if (back.Count == 0)
        {
            var by = batches.Where(b => rows.Any(r => r.ReplacedBy == b.Id)).ToList();
            return new(0, by, by.Exists(b => b.Attempt > incident.Attempts), null, await LeftAsync(cancel).ConfigureAwait(false));
        }
        var again = await new RowReapplication(session, log).RunAsync(incident, [.. back.Select(b => b.Batch)], $"taken again: {why}", cancel).ConfigureAwait(false);
        if (back.Sum(b => b.Batch.Rows) is var wanted && again.Rows < wanted)
        {
            throw PartMapping.Refusal($"{wanted - again.Rows} of the chosen rows were taken only because others that they refer to were: they go again with those, which have to be chosen too");
        }
        return new(again.Rows, [.. (await BatchesAsync(cancel).ConfigureAwait(false)).Where(b => b.Id == again.Id)], true, null, await LeftAsync(cancel).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<ChosenRow>> FindAsync(IReadOnlyList<KeptPlace> chosen, CancellationToken cancel) =>
        chosen.Count is 0 or > Most ? throw new HealingException($"{chosen.Count} rows were chosen", $"Choose 1 to {Most}; an undo of the whole incident takes all of them.")
            : await ChosenRow.FindAsync(_connection, session.Ledger, incident.Id, chosen, cancel, incident.OpenedAt).ConfigureAwait(false);

    private Task<IReadOnlyList<KeptBatch>> BatchesAsync(CancellationToken cancel) => QuarantineStore.BatchesAsync(_connection, session.Ledger, incident.Id, cancel, incident.OpenedAt);

    private async Task<long> LeftAsync(CancellationToken cancel) => (await BatchesAsync(cancel).ConfigureAwait(false)).Where(b => b.InForce && !b.OnlyCopied).Sum(b => b.Rows);
}

/// <param name="Rows">How many were moved now; none when that had been done already.</param>
/// <param name="Batches">What they lie in.</param>
/// <param name="IsNews">Whether the ledger has not been told of it yet.</param>
/// <param name="Left">How many rows of the incident lie in the quarantine after it.</param>
public sealed record MovedRows(long Rows, IReadOnlyList<KeptBatch> Batches, bool IsNews, string? Without, long Left);
