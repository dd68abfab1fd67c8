using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Collects what a check of the data saw, table by table: one that cannot be read does not hide the others.</summary>
internal sealed class DataLook(CheckDescription check, DeadlyReads deadly)
{
    private const int ReasonsShown = 5;
    private readonly List<Finding> _findings = [];
    private readonly List<(string About, string Why, bool Forbidden)> _troubles = [];
    private readonly List<string> _leftOut = [];
    private readonly HashSet<RelationName> _held = [];
    private readonly Dictionary<RelationName, bool> _examined = [];

    public long Rows { get; private set; }

    /// <summary>Looks at one thing of a table; what hinders that is kept.</summary>
    /// <param name="left">Why it is left alone; null where it is not.</param>
    /// <param name="ours">Where all that is asked is made from the catalogue: what the server does not know then was dropped or altered meanwhile.</param>
    public async Task AtAsync(RelationName? table, string about, Func<Task<Finding?>> look, string? left = null, Target? ours = null)
    {
        if (table is not null && _held.Contains(table))
        {
            // waited for once, and told
            return;
        }
        if (left is not null)
        {
            LeftOut(about, left);
            if (table is not null)
            {
                _examined[table] = false;
            }
            return;
        }
        var whole = false;
        try
        {
            if (await look().ConfigureAwait(false) is { } finding)
            {
                _findings.Add(finding);
                Rows += (long?)finding.Evidence["count"] ?? 0;
            }
            whole = true;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.LockNotAvailable)
        {
            if (table is not null)
            {
                _held.Add(table);
            }
            _troubles.Add((table is null ? about : $"{table.Quoted}, or a table that it is compared with", PatientList.HeldByOthers, false));
        }
        catch (PostgresException e) when (ours is not null && table is not null && PatientList.WentMeanwhile(e))
        {
            if (!await PatientList.IsGoneAsync(ours, table.Oid, CancellationToken.None).ConfigureAwait(false))
            {
                if (e.SqlState == SqlState.InternalError)
                {
                    _troubles.Add((about, $"the server said {e.SqlState}: {e.MessageText}", false));
                }
                else
                {
                    LeftOut(about, "it was altered while it was looked at");
                }
            }
        }
        catch (PostgresException e) when (e.SqlState is not (SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow))
        {
            _troubles.Add((about, $"the server said {e.SqlState}: {e.MessageText}", e.SqlState == SqlState.InsufficientPrivilege));
        }
        catch (DeadlyReadException)
        {
            // told by the fence itself
        }
        catch (LeftAloneException e)
        {
            LeftOut(about, e.Message);
        }
        catch (HealingException e)
        {
            _troubles.Add((about, $"{e.Message} ({e.Hint})", false));
        }
        if (table is not null)
        {
            _examined[table] = whole && _examined.GetValueOrDefault(table, true);
        }
    }

    /// <summary>What this check never looks at, which is no failure of a run.</summary>
    public void LeftOut(string about, string why) => _leftOut.Add($"{about}: {why}");

    /// <summary>Tables that cannot even be asked for what they promise.</summary>
    public void Held(IEnumerable<RelationName> tables) => _troubles.AddRange(tables.Select(t => (t.Quoted, PatientList.HeldByOthers, false)));

    public void Trouble(string about, string why) => _troubles.Add((about, why, false));

    public CheckReport Report(TimeSpan elapsed, IReadOnlyDictionary<string, double>? observed = null)
    {
        IReadOnlyList<Finding> findings = [.. _findings, .. deadly.Findings];
        var examined = _examined.Where(e => e.Value).Select(e => e.Key).ToList();
        var status = findings.Count > 0 ? CheckStatus.Damaged
            : _troubles.Count == 0 ? CheckStatus.Clean
            : _troubles.TrueForAll(t => t.Forbidden) ? CheckStatus.Unavailable
            : CheckStatus.Failed;
        return new(check.Name, status, elapsed, Reason(), findings, [.. examined.Select(e => e.Oid)])
        {
            ExaminedNames = [.. examined.Select(e => e.Quoted)],
            LeftAlone = deadly.LeftAlone,
            Observations = observed ?? new Dictionary<string, double>(StringComparer.Ordinal),
        };
    }

    private string? Reason()
    {
        var all = _troubles.Select(t => $"{t.About}: {t.Why}").Concat(_leftOut).ToList();
        var missed = all.Count == 0 ? null
            : $"{all.Count} not looked at: {string.Join("; ", all.Take(ReasonsShown))}{(all.Count > ReasonsShown ? "; ..." : "")}"
                + (_troubles.Exists(t => t.Forbidden) ? ": GRANT pg_read_all_data to the role of this target, or SELECT on these tables" : "");
        return missed is null ? deadly.Reason : deadly.Reason is null ? missed : $"{missed}; {deadly.Reason}";
    }

    public static JsonArray Samples(IReadOnlyList<string> columns, IEnumerable<WrongRow> rows) => new([.. rows.Take(RowScan.MostShown).Select(r =>
    {
        var shown = new JsonObject { ["table"] = r.Table, ["ctid"] = r.Ctid, ["age"] = r.Age };
        var values = new JsonObject();
        foreach (var (column, value) in columns.Zip(r.Values))
        {
            values[column] = value;
        }
        shown["row"] = values;
        return (JsonNode)shown;
    })]);
}
