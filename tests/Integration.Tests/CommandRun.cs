using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Commands;

namespace HealingWorkers.Integration.Tests;

/// <summary>A command as somebody would type it, in this process, with the ledger and the state directory of a test.</summary>
internal static class CommandRun
{
    /// <param name="settings">Further keys of the configuration, by the names of their environment variables.</param>
    public static async Task<(int Code, string Out, string Error)> OfAsync(LedgerDb control, HealingOptions options, IReadOnlyList<(string Key, string Value)> settings, IReadOnlyList<string> args)
    {
        await using var written = new StringWriter();
        await using var errors = new StringWriter();
        var shell = new CommandShell
        {
            Out = written, Error = errors, Clock = TimeProvider.System, Directory = options.StateDirectory,
            Environment = new Dictionary<string, string>(settings.Select(s => KeyValuePair.Create(s.Key, s.Value)), StringComparer.Ordinal)
            {
                ["HEALING__CONTROL__CONNECTION"] = control.ConnectionString,
                ["HEALING__STATE_DIRECTORY"] = options.StateDirectory,
            },
        };
        var code = await CommandLine.RunAsync([.. args], shell, CancellationToken.None);
        return (code, written.ToString(), errors.ToString());
    }
}
