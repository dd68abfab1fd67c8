using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>amcheck on every valid B-tree in scope, written here once more so that the healer is judged by something else than the checks.</summary>
internal sealed class BtreeProbe : ICheck
{
    public CheckDescription Description { get; } = new("btree", "", "db.index_check", "", "", "", "", [FindingKind.BtreeCorrupt, FindingKind.IndexFileMissing]);

    public int Runs { get; private set; }
    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    public async Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel)
    {
        Runs++;
        await Before();
        await using var connection = await request.Target.OpenCheckAsync(cancel);
        var facts = await request.Target.FactsAsync(cancel);
        var indexes = new List<(long Oid, string Name)>();
        await using (var command = new NpgsqlCommand(
            """
            SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname)
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'i' AND c.relam = 403 AND i.indisvalid AND ($1::bigint[] IS NULL OR c.oid::bigint = ANY ($1))
            """, connection) { Parameters = { new() { Value = (object?)request.Scope.Indexes?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bigint } } })
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                indexes.Add((reader.GetInt64(0), reader.GetString(1)));
            }
        }
        var findings = new List<Finding>();
        foreach (var (oid, name) in indexes)
        {
            try
            {
                // each in its own session: the driver gives up one that says "index corrupted"
                await using var own = await request.Target.OpenCheckAsync(cancel);
                await using var look = new NpgsqlCommand($"SELECT public.bt_index_check({oid}::oid::regclass, true)", own);
                await look.ExecuteNonQueryAsync(cancel);
            }
            catch (PostgresException e)
            {
                findings.Add(Finding.Of("btree", e.SqlState == "58P01" ? FindingKind.IndexFileMissing : FindingKind.BtreeCorrupt, facts.Id, new(oid, name), e.MessageText));
            }
        }
        return new("btree", findings.Count > 0 ? CheckStatus.Damaged : CheckStatus.Clean, TimeSpan.Zero, null, findings, [.. indexes.Select(i => i.Oid)]);
    }
}
