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
        "Damage that nobody has read; without data checksums, any. Without a ledger failures are no damage, only a note of how many the server has counted.",
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
            findings = await RiseAsync(memory, facts.Id, sample, connection, request.Recurring, cancel).ConfigureAwait(false);
        }
        else if (request.Ground != Ground.Clone)
        {
            // a copy is read by its checks alone, which say where
            findings = await NoteAsync(facts.Id, sample, connection, cancel).ConfigureAwait(false);
        }
        return new(Description.Name, CheckReport.StatusOf(findings), elapsed(), null, findings, [sample.Database.Oid]) { Observations = observed };
    }, cancel);

    private async Task<IReadOnlyList<Finding>> RiseAsync(ICheckMemory memory, TargetId target, DatabaseSample sample, NpgsqlConnection connection, bool recurring, CancellationToken cancel)
    {
        if (sample.ChecksumFailures is not { } now)
        {
            return [];
        }
        var before = await RecallAsync(memory, target, Checksums, cancel).ConfigureAwait(false);
        if (before is null && !recurring)
        {
            await RememberAsync(memory, target, sample, told: now, early: false, cancel).ConfigureAwait(false);
            return await NoteAsync(target, sample, connection, cancel).ConfigureAwait(false);
        }
        var told = before is null ? 0 : (long)before["told"]!;
        // A lower count or another reset means that counting began anew.
        var anew = before is not null && (before["reset"]?.ToString() != sample.Reset || now < told);
        var known = anew ? 0 : told;
        var again = before is not null && now == (long)before["seen"]!;
        var early = before is null ? now > 0 : !anew && before["early"] is { } was && (bool)was;
        // Told twice, so that a report lost on its way to the ledger is not lost for good.
        await RememberAsync(memory, target, sample, again ? now : known, early && !again, cancel).ConfigureAwait(false);
        if (now <= known)
        {
            return [];
        }
        var since = !early ? "more page(s) failed their checksum since the last look" : before is null || again ? "page(s) failed their checksum before the first look" : "page(s) failed their checksum before the first look and since";
        return [await TellAsync(target, sample, known, since, connection, cancel).ConfigureAwait(false)];
    }

    /// <summary>With nothing to compare with, it cannot be told from what somebody put right long ago.</summary>
    private async Task<IReadOnlyList<Finding>> NoteAsync(TargetId target, DatabaseSample sample, NpgsqlConnection connection, CancellationToken cancel) => sample.ChecksumFailures is not > 0 ? []
        : [await TellAsync(target, sample, 0, "page(s) failed their checksum by now, which may have been put right long ago", connection, cancel).ConfigureAwait(false) with { Severity = Severity.Info }];

    private async Task<Finding> TellAsync(TargetId target, DatabaseSample sample, long known, string since, NpgsqlConnection connection, CancellationToken cancel)
    {
        var pages = await LoggedPages.ReadAsync(connection, cancel).ConfigureAwait(false);
        var where = pages.Count == 0 ? "the server's log names them" : $"the end of the server's log names {string.Join(", ", pages)}";
        return Finding.Of(Description.Name, FindingKind.ChecksumFailures, target, sample.Database, $"{sample.ChecksumFailures - known} {since}, the last at {sample.LastFailure}; {where}") with
        {
            Evidence = new JsonObject { ["failures"] = sample.ChecksumFailures, ["before"] = known, ["last_failure"] = sample.LastFailure, ["pages"] = new JsonArray([.. pages.Select(p => (JsonNode)p)]) },
        };
    }

    private static Task RememberAsync(ICheckMemory memory, TargetId target, DatabaseSample sample, long told, bool early, CancellationToken cancel) =>
        memory.RememberAsync(target, Checksums, Key, new JsonObject { ["told"] = told, ["seen"] = sample.ChecksumFailures, ["reset"] = sample.Reset, ["early"] = early }.ToJsonString(), cancel);

    private static async Task<JsonObject?> RecallAsync(ICheckMemory memory, TargetId target, string topic, CancellationToken cancel) =>
        await memory.RecallAsync(target, topic, Key, cancel).ConfigureAwait(false) is { } text ? JsonNode.Parse(text) as JsonObject : null;
}
