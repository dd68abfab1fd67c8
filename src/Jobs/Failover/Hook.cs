using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Failover;

/// <summary>A command of the owner's, through the shell, with what it is about in its environment and an end to the patience.</summary>
internal static class Hook
{
    private const int Most = 500;

    public static async Task<(bool Done, string Said)> RunAsync(string command, IReadOnlyDictionary<string, string> environment, TimeSpan patience, TimeProvider clock, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(patience, clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            var (code, output) = await Programs.RunTiedAsync(["/bin/sh", "-c", command], environment, limit.Token).ConfigureAwait(false);
            var said = Redactor.Text(output.Trim());
            return (code == 0, $"exited with {code}{(said.Length == 0 ? "" : ": " + (said.Length > Most ? said[..Most] : said))}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (false, $"did not end within {patience.TotalSeconds:0} s and was ended");
        }
    }
}
