using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Dashboard.Pages.Home;

/// <summary>What Home tells, from three queries whatever the number of targets, and the incidents that need somebody or are in hand.</summary>
public sealed record HomeBook(IReadOnlyDictionary<string, HomeTarget> Targets, IReadOnlyList<HomeDay> Days, IReadOnlyList<Pause> Pauses, IReadOnlyList<Incident> Open)
{
    /// <summary>The worst of each target.</summary>
    public const int Worst = 5;

    private const int AtOnce = 1000;

    /// <summary>The schedules that rest.</summary>
    public required IReadOnlySet<string> Resting { get; init; }

    public static async Task<HomeBook> ReadAsync(LedgerDb db, CancellationToken cancel)
    {
        var targets = await ListAsync<HomeTarget>(db, "home_targets", cancel);
        return new(targets.ToDictionary(t => t.Name, StringComparer.Ordinal), await ListAsync<HomeDay>(db, "home_days", cancel), await new Pauses(db).ListAsync(cancel),
            await WorstAsync(db, cancel))
        {
            Resting = (await new SchedulePauses(db).ListAsync(cancel)).Select(p => p.Id).ToHashSet(StringComparer.Ordinal),
        };
    }

    public long Alone => Days.Sum(d => d.Alone);

    public long ByPerson => Days.Sum(d => d.ByPerson);

    /// <summary>Null when nothing ended: no score is not a score of nought.</summary>
    public int? Score => Alone + ByPerson == 0 ? null : (int)Math.Round(100.0 * Alone / (Alone + ByPerson));

    private static async Task<IReadOnlyList<Incident>> WorstAsync(LedgerDb db, CancellationToken cancel)
    {
        var ids = (await db.ReadAsync(c => c.QueryAsync<long>(new CommandDefinition(Sql.Of<HomeBook>("home_worst"), new { Most = Worst }, cancellationToken: cancel)), cancel)).ToList();
        var found = new List<Incident>();
        foreach (var some in ids.Chunk(AtOnce))
            found.AddRange(await new IncidentLedger(db).ListAsync(new IncidentFilter { Ids = some, Limit = some.Length }, cancel));
        return found;
    }

    private static async Task<IReadOnlyList<T>> ListAsync<T>(LedgerDb db, string query, CancellationToken cancel) =>
        [.. await db.ReadAsync(c => c.QueryAsync<T>(new CommandDefinition(Sql.Of<HomeBook>(query), cancellationToken: cancel)), cancel)];
}

public sealed record HomeTarget
{
    public required long Id { get; init; }
    public required string Name { get; init; }
    public DateTimeOffset? LastSeenAt { get; init; }
    public long Critical { get; init; }
    public long Warning { get; init; }
    public long Info { get; init; }
    public long InHand { get; init; }
    public long Waiting { get; init; }
    public long Escalated { get; init; }
    public long Suppressed { get; init; }
    public long Checks { get; init; }
    /// <summary>Checks that could not look, or failed, at their last run.</summary>
    public long NotAble { get; init; }
    public DateTimeOffset? LastLook { get; init; }

    public bool HasOpen => Critical + Warning + Info > 0;

    public bool Green => Critical + Warning == 0 && LastLook is not null;
}

public sealed record HomeDay
{
    public required DateTime Day { get; init; }
    public required long Opened { get; init; }
    public required long Healed { get; init; }
    /// <summary>Of those: nobody approved it, and it came to nobody.</summary>
    public required long Alone { get; init; }
    public required long ByPerson { get; init; }
}
