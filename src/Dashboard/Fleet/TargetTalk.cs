using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Asks a target something, and not for ever. What goes wrong there is told as that target's, so that nobody takes it for an outage of the control database.</summary>
internal static class TargetTalk
{
    public static async Task<T> AskAsync<T>(string target, TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new HealingException($"{target} did not answer within {patience.TotalSeconds:0} s", "try again; if it stays so, GET /healthz/database says how it is");
        }
        catch (Exception e) when (TargetProblem.IsOfConnecting(e))
        {
            throw new HealingException(e is PostgresException said ? $"{target} answered {said.SqlState}: {said.MessageText}" : $"{target} broke off: {e.Message}",
                "see the log of that server; GET /healthz/database says how it is", e);
        }
    }
}
