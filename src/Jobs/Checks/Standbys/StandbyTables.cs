using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Compares a sample of each table's pages between the primary and one standby.</summary>
internal sealed class StandbyTables(CheckRequest request, Target seen, StandbyChecks look, DeadlyReads deadly)
{
    private const int MostTables = 200;
    private const int MostPages = 64;
    private const int RangePages = 16;

    /// <summary>Whether there are tables, and this role may compare none of them.</summary>
    public bool IsForbidden { get; private set; }

    public async Task CompareAsync(CancellationToken cancel)
    {
        var all = await TablesAsync(cancel).ConfigureAwait(false);
        var forbidden = all.Where(t => !t.May).Select(t => t.Quoted).Order(StringComparer.Ordinal).ToList();
        IsForbidden = forbidden.Count > 0 && forbidden.Count == all.Count;
        if (forbidden.Count > 0)
        {
            look.Hindered.Add(LeftAlone.Line(forbidden, "not compared", "the role may not SELECT (GRANT pg_read_all_data), or they have row security"));
        }
        var left = new LeftAlone();
        var tables = all.Where(t => t.May && !left.Passes(t.Quoted, look.IsDamaged(t.Oid) ? "another check found damage in it" : deadly.WhyNotRows(new(t.Oid, t.Quoted)))).ToList();
        if (left.Reason is { } alone)
        {
            look.Hindered.Add(alone);
        }
        foreach (var table in tables.Take(MostTables))
        {
            var began = request.Target.Clock.GetTimestamp();
            request.Progress?.Report(new("standby_rows", 0, tables.Count, table.Quoted));
            try
            {
                await using var primary = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                await using var standby = await seen.OpenCheckAsync(cancel).ConfigureAwait(false);
                await CompareAsync(new(primary, standby, request.Target.Clock, deadly), table, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or Errors.HealingException or TimeoutException or DeadlyReadException && !cancel.IsCancellationRequested)
            {
                look.Hindered.Add($"{table.Quoted} is not compared: {e.Message}");
            }
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
    }

    private async Task CompareAsync(StandbyRange range, Table table, CancellationToken cancel)
    {
        var (same, different) = (0, new List<string>());
        foreach (var from in Starts(table.Pages))
        {
            var result = await range.CompareAsync(table.Oid, table.Quoted, from, table.Pages <= MostPages ? MostPages : RangePages, cancel).ConfigureAwait(false);
            same += result.Same;
            different.AddRange(result.Different);
        }
        var name = new RelationName(table.Oid, table.Quoted);
        if (different.Count > 0)
        {
            look.Differs(name, string.Create(CultureInfo.InvariantCulture, $"{different.Count} row(s) of the standby are not those of the primary ({same} are): {string.Join("; ", different.Take(5))}"));
        }
        if (same > 0 || different.Count > 0)
        {
            look.Looked(name);
        }
    }

    private async Task<IReadOnlyList<Table>> TablesAsync(CancellationToken cancel)
    {
        var listed = await PatientList.ReadAsync<Table>(request.Target, async (connection, held) =>
            (await connection.QueryAsync<Table>(new CommandDefinition(Sql.Of<ICheck>("standby_tables"), new { held }, cancellationToken: cancel)).ConfigureAwait(false)).AsList(), cancel).ConfigureAwait(false);
        look.Hindered.AddRange(listed.Held.Select(h => $"{h.Quoted} is not compared: {PatientList.HeldByOthers}"));
        var tables = listed.Items.ToArray();
        RandomNumberGenerator.Shuffle(tables.AsSpan());
        return tables;
    }

    private static IEnumerable<long> Starts(long pages)
    {
        if (pages <= MostPages)
        {
            return [0];
        }
        return Enumerable.Range(0, MostPages / RangePages).Select(_ => (long)RandomNumberGenerator.GetInt32((int)Math.Min(int.MaxValue, pages - RangePages))).Distinct().Order();
    }

    private sealed record Table(long Oid, string Quoted, long Pages, bool May);
}
