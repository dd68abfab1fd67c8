using HealingWorkers.Jobs.Targets;
using Dapper;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Sends statements to the server and keeps exactly what was sent.</summary>
public sealed class StatementLog
{
    private readonly List<string> _sent = [];

    public IReadOnlyList<string> Sent => _sent;

    /// <summary>A statement that is sent by somebody else.</summary>
    public void Add(string statement) => _sent.Add(statement);

    /// <summary>Forgets what came after, since it was rolled back.</summary>
    internal void Cut(int count) => _sent.RemoveRange(count, _sent.Count - count);

    public Task RunAsync(RepairSession session, string statement, CancellationToken cancel)
    {
        _sent.Add(statement);
        return session.Connection.ExecuteAsync(new CommandDefinition(statement, commandTimeout: 0, cancellationToken: cancel));
    }

    /// <summary>A long build: whoever watches is told that it is under way. The index's own functions get their path.</summary>
    public async Task BuildAsync(RepairSession session, string statement, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(session.Connection, cancel).ConfigureAwait(false);
        try
        {
            await WatchedAsync(session, statement, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                await SearchPath.UseOursAsync(session.Connection, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task WatchedAsync(RepairSession session, string statement, CancellationToken cancel)
    {
        var build = RunAsync(session, statement, cancel);
        await Task.WhenAll(build, build.IsCompleted ? Task.CompletedTask : session.OnBuilding()).ConfigureAwait(false);
    }
}
