using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>What damage may do to a check on a restored server, without the damage.</summary>
internal sealed class ProofCheckOf(string name, Func<NpgsqlConnection, CancellationToken, Task> run) : ICheck
{
    public CheckDescription Description { get; } = new(name, "", "db.health_check", "", "", "", "", []);

    /// <summary>Its server process dies as over a pointer into nowhere.</summary>
    public static ProofCheckOf Crash() => new("crash", async (session, cancel) =>
    {
        await Programs.TryRunAsync(["kill", "-SEGV", session.ProcessID.ToString(CultureInfo.InvariantCulture)], cancel);
        await session.ExecuteAsync("SELECT pg_catalog.pg_sleep(30)");
    });

    public static ProofCheckOf Hang() => new("hang", (session, cancel) => session.ExecuteAsync(new CommandDefinition("SELECT pg_catalog.pg_sleep(600)", commandTimeout: 0, cancellationToken: cancel)));

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(name, request, async elapsed =>
    {
        await using var session = await request.Target.OpenCheckAsync(cancel);
        await run(session, cancel);
        return new(name, CheckStatus.Clean, elapsed(), null, [], []);
    }, cancel);
}
