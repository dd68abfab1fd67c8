using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>One server for the tests of what the data mean; each takes a database of its own.</summary>
[SetUpFixture]
public sealed class DataServer
{
    private static int _databases;
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();

    public static async Task<string> DatabaseAsync(string sql)
    {
        var database = $"data{Interlocked.Increment(ref _databases)}";
        await Cluster.CreateDatabaseAsync(database);
        await Cluster.ExecuteAsync(database, sql);
        return database;
    }

    /// <summary>As a restore or a replica would: no trigger and no foreign key looks.</summary>
    public static Task BehindTheKeysAsync(string database, string sql) =>
        Cluster.ExecuteAsync(database, $"SET session_replication_role = replica; {sql}; RESET session_replication_role");

    public static Target Target(string database, Action<RulesOptions>? rules = null, string? user = null)
    {
        var options = new TargetOptions { Name = database, Connection = Cluster.ConnectionString(database, user) };
        rules?.Invoke(options.Rules);
        return new(options, TimeProvider.System);
    }

    public static async Task<CheckReport> RunAsync(ICheck check, string database, Action<RulesOptions>? rules = null, CheckScope? scope = null, Throttle? throttle = null, string? user = null)
    {
        await using var target = Target(database, rules, user);
        return await check.RunAsync(new(target, scope ?? CheckScope.All) { Throttle = throttle ?? Throttle.None }, CancellationToken.None);
    }

    public static ForeignKeyRule Points(string from, string to, RuleAction action = RuleAction.Quarantine, string where = "") =>
        new() { From = ColumnList.Parse(from), To = ColumnList.Parse(to), OnOrphan = action, Where = where };
}
