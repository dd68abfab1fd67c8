using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The server's own counters against the last sample.</summary>
public sealed class DatabaseStatsCheck : ICheck
{
    private const string Sample = "sample_database_stats";
    private const string Checksums = "checksum_failures";
    private const string Key = "last";

    public CheckDescription Description { get; } = new(
        "database_stats", "Looks for newly counted checksum failures, and observes deadlocks, rollbacks, temporary files, connections, transaction ages, replication and slots.", "db.health_check",
        "One query of statistics views.", "None.",
        "A ledger to compare with, and data checksums; pg_monitor (role healing_detect) to see other roles' sessions and replicas.",
        "Damage that nobody has read; without data checksums, any. Without a ledger it only observes.",
        [FindingKind.ChecksumFailures]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var sample = await DatabaseSample.ReadAsync(connection, cancel).ConfigureAwait(false);
        var observed = new Dictionary<string, double>(sample.Gauges, StringComparer.Ordinal);
        IReadOnlyList<Finding> findings = [];
        if (request.Memory is { } memory)
        {
            var before = await RecallAsync(memory, facts.Id, Sample, cancel).ConfigureAwait(false);
            foreach (var (name, value) in sample.Since(before))
            {
                observed[name] = value;
            }
            await memory.RememberAsync(facts.Id, Sample, Key, sample.ToJson().ToJsonString(), cancel).ConfigureAwait(false);
            findings = await RiseAsync(memory, facts.Id, sample, connection, cancel).ConfigureAwait(false);
        }
        return new(Description.Name, findings.Count > 0 ? CheckStatus.Damaged : CheckStatus.Clean, elapsed(), null, findings, [sample.Database.Oid]) { Observations = observed };
    }, cancel);

    private async Task<IReadOnlyList<Finding>> RiseAsync(ICheckMemory memory, TargetId target, DatabaseSample sample, NpgsqlConnection connection, CancellationToken cancel)
    {
        if (sample.ChecksumFailures is not { } now)
        {
            return [];
        }
        var before = await RecallAsync(memory, target, Checksums, cancel).ConfigureAwait(false);
        var told = before is null ? now : (long)before["told"]!;
        var seen = before is null ? now : (long)before["seen"]!;
        // A lower count or another reset means that counting began anew.
        var known = before is not null && (before["reset"]?.ToString() != sample.Reset || now < told) ? 0 : told;
        // Told twice, so that a report lost on its way to the ledger is not lost for good.
        await memory.RememberAsync(target, Checksums, Key,
            new JsonObject { ["told"] = now == seen ? now : known, ["seen"] = now, ["reset"] = sample.Reset }.ToJsonString(), cancel).ConfigureAwait(false);
        if (now <= known)
        {
            return [];
        }
        var pages = await LoggedPages.ReadAsync(connection, cancel).ConfigureAwait(false);
        var where = pages.Count == 0 ? "the server's log names them" : $"the end of the server's log names {string.Join(", ", pages)}";
        return
        [
            Finding.Of(Description.Name, FindingKind.ChecksumFailures, target, sample.Database, $"{now - known} more page(s) failed their checksum since the last look, the last at {sample.LastFailure}; {where}") with
            {
                Evidence = new JsonObject { ["failures"] = now, ["before"] = known, ["last_failure"] = sample.LastFailure, ["pages"] = new JsonArray([.. pages.Select(p => (JsonNode)p)]) },
            },
        ];
    }

    private static async Task<JsonObject?> RecallAsync(ICheckMemory memory, TargetId target, string topic, CancellationToken cancel) =>
        await memory.RecallAsync(target, topic, Key, cancel).ConfigureAwait(false) is { } text ? JsonNode.Parse(text) as JsonObject : null;
}
