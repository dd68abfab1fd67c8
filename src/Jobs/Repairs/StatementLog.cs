using Dapper;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Sends statements to the server and keeps exactly what was sent.</summary>
public sealed class StatementLog
{
    private readonly List<string> _sent = [];

    public IReadOnlyList<string> Sent => _sent;

    public Task RunAsync(RepairSession session, string statement, CancellationToken cancel)
    {
        _sent.Add(statement);
        return session.Connection.ExecuteAsync(new CommandDefinition(statement, commandTimeout: 0, cancellationToken: cancel));
    }

    /// <summary>A long build: whoever watches is told that it is under way.</summary>
    public async Task BuildAsync(RepairSession session, string statement, CancellationToken cancel)
    {
        var build = RunAsync(session, statement, cancel);
        await Task.WhenAll(build, build.IsCompleted ? Task.CompletedTask : session.OnBuilding()).ConfigureAwait(false);
    }
}
