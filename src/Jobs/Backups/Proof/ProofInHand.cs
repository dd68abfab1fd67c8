using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What a proof has gathered so far.</summary>
internal sealed class ProofInHand(ProofRequest request, TimeProvider clock)
{
    private const int MostNamed = 10;
    private const string Enable = "the server has no data checksums, so that only the headers of pages were looked at. To have them: stop the server, `pg_checksums --enable -D DATA_DIRECTORY` (it reads and writes every page once), start it; standbys first, the primary last";
    private readonly List<ProofPhase> _phases = [];
    private TableComparison _tables = TableComparison.None;
    private CloneChecks? _checks;
    private PageAudit? _pages;
    private string? _checksums;
    private string? _checksumsSaid;

    public ProofRequest Request => request;
    public List<string> Problems { get; } = [];
    public List<string> Undecided { get; } = [];
    public List<NotCompared> NotCompared { get; } = [];
    public Dictionary<string, FileOwner> Files { get; } = new(StringComparer.Ordinal);
    public string Phase { get; private set; } = "";
    /// <summary>The database that a dump is of.</summary>
    public string? Dumped { get; set; }
    public (int Code, string Said) Tool { get; set; }
    public long Bytes { get; set; }
    public string? Kept { get; set; }

    public async Task RunAsync(string phase, Func<Task> work)
    {
        (Phase, var began) = (phase, clock.GetTimestamp());
        request.Say(phase);
        try
        {
            await work().ConfigureAwait(false);
        }
        finally
        {
            _phases.Add(new(phase, Math.Round(clock.GetElapsedTime(began).TotalSeconds, 3)));
        }
    }

    /// <summary>False where something is wrong with the backup, which is told. What is wrong with this host says nothing of the backup, and is thrown.</summary>
    /// <param name="database">Null: the whole server.</param>
    public async Task<bool> TryAsync(string? database, Func<Task> work, CancellationToken cancel)
    {
        var where = database is null ? "" : $"{database}: ";
        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (FullDisk.IsBehind(e))
        {
            throw new HealingException($"{Phase}: the disk of this host is full", "Make room where copies are restored (state_directory).", e);
        }
        catch (HealingException e)
        {
            Problems.Add(where + e.Message);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException && !cancel.IsCancellationRequested)
        {
            Problems.Add($"{Phase}: {where}{(e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : e.Message)}");
        }
        return false;
    }

    public void Compare(TableComparison tables)
    {
        _tables = tables;
        Problems.AddRange(Bounded(tables.Differs.Select(d => $"{d.Database}: {d.Table} had {d.Counted?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "no"} rows and has {d.Restored?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none that can be counted"}: {d.Why}"), "tables that differ"));
    }

    public void Take(CloneChecks checks)
    {
        _checks = checks;
        NotCompared.AddRange(checks.Missed);
        Undecided.AddRange(checks.Undecided);
        Problems.AddRange(checks.Crashed);
        Problems.AddRange(Bounded(checks.Found.Where(CloneChecks.IsProblem).Select(f => $"{f.Database}: {f.Kind} on {f.Object}: {f.Detail}{(f.Known is { } id ? $" (incident {id} of the live database says the same)" : "")}"), "findings"));
    }

    public void Judge(PageAudit pages, bool checksums)
    {
        _pages = pages;
        Problems.AddRange(Bounded(pages.Bad.Select(p => $"damaged page: {p}"), "damaged pages"));
        if (checksums && Tool.Code != 0)
        {
            Problems.Add($"pg_checksums ended with {Tool.Code}: {Tool.Said}");
        }
        _checksums = !checksums ? "off" : pages.Bad.Count == 0 && Tool.Code == 0 ? "verified" : "failed";
        _checksumsSaid = checksums ? Tool.Said : Enable;
    }

    public ProofReport Report() => new()
    {
        Problems = Problems,
        Undecided = Undecided,
        Phases = _phases,
        Checks = _checks?.Ran ?? [],
        Findings = _checks?.Found ?? [],
        Tables = _tables,
        Pages = _pages,
        Checksums = _checksums,
        ChecksumsSaid = _checksumsSaid,
        NotCompared = NotCompared,
        Bytes = Bytes,
        Kept = Kept,
    };

    private static IEnumerable<string> Bounded(IEnumerable<string> all, string what)
    {
        var list = all.ToList();
        return list.Count <= MostNamed ? list : list.Take(MostNamed).Append($"and {list.Count - MostNamed} more {what}");
    }
}
