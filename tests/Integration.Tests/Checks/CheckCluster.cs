using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>One server for the tests of the checks; each takes a copy of one movies database.</summary>
[SetUpFixture]
public sealed class CheckCluster
{
    private const string Template = "movies_template";
    private static int _databases;
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(Cluster, Template, 1_500);
        await Cluster.ExecuteAsync(Template, "CREATE EXTENSION amcheck");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();

    public static async Task<string> MoviesAsync()
    {
        var database = $"checked{Interlocked.Increment(ref _databases)}";
        await Cluster.ExecuteAsync("postgres", $"CREATE DATABASE {database} TEMPLATE {Template}");
        return database;
    }

    public static Target Target(string database, string? user = null) =>
        new(new TargetOptions { Name = database, Connection = Cluster.ConnectionString(database, user) }, TimeProvider.System);

    public static async Task<CheckReport> RunAsync(ICheck check, string database, CheckScope? scope = null, ICheckMemory? memory = null, int jobs = 1, string? user = null)
    {
        await using var target = Target(database, user);
        return await check.RunAsync(new(target, scope ?? CheckScope.All) { Memory = memory, Jobs = jobs }, CancellationToken.None);
    }

    public static Task<long> OidAsync(string database, string relation) =>
        Cluster.ScalarAsync<long>(database, "SELECT @relation::regclass::oid::bigint", new { relation });
}
