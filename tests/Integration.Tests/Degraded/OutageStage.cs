using System.Globalization;
using System.Text.RegularExpressions;

namespace HealingWorkers.Drill.Outages;

/// <summary>A control cluster that goes away, targets with a slow check that finds something, and real processes: two workers and a dashboard.</summary>
internal sealed partial class OutageStage : IAsyncDisposable
{
    public const string Ledger = "control";
    private readonly string _directory = Directory.CreateTempSubdirectory("outage-").FullName;
    private readonly string _program;
    private readonly List<ChildProcess> _processes = [];

    private OutageStage(string program, PgCluster control, PgCluster target) => (_program, Control, Target) = (program, control, target);

    public PgCluster Control { get; }
    public PgCluster Target { get; }
    public ChildProcess Dashboard => _processes[0];
    public IReadOnlyList<ChildProcess> Workers => [.. _processes.Skip(1)];
    public string Address { get; private set; } = "";
    public string Spool => Path.Combine(_directory, "state", "spool");

    /// <param name="program">The executable `healing`.</param>
    /// <param name="targets">Databases; each has one rule that says after some seconds that it is broken.</param>
    /// <param name="revision">Where the ledger is held; null is the newest.</param>
    /// <param name="more">Further keys of each target.</param>
    public static async Task<OutageStage> OpenAsync(string program, IReadOnlyList<string> targets, double seconds, int? revision = null, string more = "")
    {
        var clusters = await Task.WhenAll(PgCluster.StartNewAsync(), PgCluster.StartNewAsync());
        var stage = new OutageStage(program, clusters[0], clusters[1]);
        try
        {
            await stage.FurnishAsync(targets, seconds, revision, more);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its check, which takes as long as its rule does; returns when it is under way.</summary>
    public async Task BeginCheckAsync(string target)
    {
        await using (var trigger = Run("trigger", "db.orphan_cleanup", "--target", target))
        {
            if (await trigger.WaitForExitAsync(TimeSpan.FromSeconds(60)) != 0)
                throw new InvalidOperationException(string.Join('\n', trigger.All));
        }
        await Poll.UntilAsync(async ct => await Target.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = @target AND query LIKE '%pg_sleep%' AND state = 'active' AND pid <> pg_backend_pid()", new { target }, ct: ct) > 0,
            TimeSpan.FromSeconds(60), $"the slow check of {target}");
    }

    /// <summary>Incidents about the rule of a target: how many rows, and how often it was opened.</summary>
    public async Task<(long Incidents, long Opened)> FoundAsync(string target) =>
        (await Control.ScalarAsync<long>(Ledger, "SELECT count(*) FROM healing.incidents i JOIN healing.targets t ON t.id = i.target_id WHERE t.name = @target AND i.kind = 'rule_violated'", new { target }),
            await Control.ScalarAsync<long>(Ledger, "SELECT count(*) FROM healing.audit_log a JOIN healing.incidents i ON i.id = a.incident_id JOIN healing.targets t ON t.id = i.target_id WHERE t.name = @target AND i.kind = 'rule_violated' AND a.event_type LIKE '%opened%'", new { target }));

    public IReadOnlyList<string> Spooled() => Directory.Exists(Spool) ? Directory.GetFiles(Spool, "*.jsonl") : [];

    /// <summary>Resident memory in MiB.</summary>
    public static double Memory(ChildProcess process)
    {
        var line = File.ReadLines($"/proc/{process.Pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(Number().Match(line).Value, CultureInfo.InvariantCulture) / 1024;
    }

    public string TellMemory() => string.Create(CultureInfo.InvariantCulture, $"dashboard {Memory(Dashboard):0} MiB, workers {string.Join(" and ", Workers.Select(w => $"{Memory(w):0} MiB"))}");

    public ChildProcess Run(params string[] arguments) => ChildProcess.Start(_program, [.. arguments, "--config", Path.Combine(_directory, "healing.yaml")]);

    public async ValueTask DisposeAsync()
    {
        if (Control.Server.IsRunning)
            Control.Thaw();
        foreach (var process in _processes)
            await process.DisposeAsync();
        await Control.DisposeAsync();
        await Target.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task FurnishAsync(IReadOnlyList<string> targets, double seconds, int? revision, string more)
    {
        await Control.CreateDatabaseAsync(Ledger);
        await File.WriteAllTextAsync(Path.Combine(_directory, "slow.sql"), string.Create(CultureInfo.InvariantCulture, $"SELECT 1 AS id FROM pg_catalog.pg_sleep({seconds})"));
        var lines = new List<string>
        {
            $"state_directory: '{_directory}/state'",
            string.Create(CultureInfo.InvariantCulture, $"control: {{ connection: '{Control.ConnectionString(Ledger)}', migration_revision: '{revision}' }}"),
            "worker: { concurrency: 4, drain: 5s, lease: 6s }",
            "http: { listen: '127.0.0.1:0' }",
            "backups: { provider: none }",
            "database: { auto_healing: { enabled: false } }",
            "targets:",
        };
        foreach (var target in targets)
        {
            await Target.CreateDatabaseAsync(target);
            lines.Add($"  - {{ name: {target}, connection: '{Target.ConnectionString(target)}', rules: {{ sql: [{{ name: slow, query: '{_directory}/slow.sql' }}] }}{more} }}");
        }
        await File.WriteAllLinesAsync(Path.Combine(_directory, "healing.yaml"), lines);
        _processes.Add(Run("dashboard"));
        Address = (await Dashboard.WaitForLineAsync(l => l.Contains("is the dashboard", StringComparison.Ordinal), TimeSpan.FromSeconds(60))).Split(' ')[0];
        _processes.Add(Run("worker"));
        _processes.Add(Run("worker"));
        foreach (var worker in Workers)
            await worker.WaitForLineAsync(l => l.Contains("works with", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
    }

    [GeneratedRegex("[0-9]+", RegexOptions.None, 1000)]
    private static partial Regex Number();
}
