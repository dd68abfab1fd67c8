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

    public async Task CompareAsync(CancellationToken cancel)
    {
        var tables = await TablesAsync(cancel).ConfigureAwait(false);
        foreach (var table in tables.Where(t => !look.IsDamaged(t.Oid) && deadly.WhyNotRows(new(t.Oid, t.Quoted)) is null).Take(MostTables))
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

    private sealed record Table(long Oid, string Quoted, long Pages);
}
