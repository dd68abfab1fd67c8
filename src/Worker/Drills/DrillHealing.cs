using System.Text.Json;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Commands;

namespace HealingWorkers.Worker.Drills;

/// <summary>`healing heal --approve-all`, as anybody would call it, on a broken database.</summary>
internal sealed class DrillHealing(CommandShell shell, PgCluster patient, string ledger, IReadOnlyList<DamageClass> damages)
{
    /// <summary>The whole way of one database takes seconds; what takes longer hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    public async Task<DrillReport> RunAsync(CancellationToken cancel)
    {
        var directory = Path.Combine(patient.SocketDirectory, "healing");
        Directory.CreateDirectory(directory);
        var config = Path.Combine(directory, "healing.yaml");
        await File.WriteAllTextAsync(config, Configuration(directory), cancel).ConfigureAwait(false);
        foreach (var (name, text) in DamageCatalogue.RuleFiles)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, name), text, cancel).ConfigureAwait(false);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var inner = new CommandShell { Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(error), Clock = shell.Clock, Environment = new Dictionary<string, string>(StringComparer.Ordinal), Directory = directory };
        try
        {
            var exit = await CommandLine.RunAsync(["heal", "--config", config, "--target", CorpusCluster.Database, "--approve-all", "--format", "json"], inner, limit.Token)
                .WaitAsync(Limit + Grace, shell.Clock, cancel).ConfigureAwait(false);
            return limit.IsCancellationRequested ? DrillReport.OfTimeout : DrillReport.Read(exit, output.ToString(), error.ToString());
        }
        catch (TimeoutException)
        {
            return DrillReport.OfTimeout;
        }
    }

    private string Configuration(string directory) =>
        $"""
        state_directory: {Quoted(Path.Combine(directory, "state"))}
        control: {"{"} connection: {Quoted(ledger)} {"}"}
        worker: {"{"} lease: 5m {"}"}
        targets:
          - name: {CorpusCluster.Database}
            connection: {Quoted(patient.ConnectionString(CorpusCluster.Database))}
            data_directory: {Quoted(patient.DataDirectory)}
        {Rules()}
        """;

    private string Rules()
    {
        var rules = damages.Where(d => d.Rules.Length > 0).Select(d => "      " + d.Rules.Trim()).ToList();
        return rules.Count == 0 ? "" : "    rules:\n" + string.Join('\n', rules);
    }

    // JSON's strings are YAML's too.
    private static string Quoted(string text) => JsonSerializer.Serialize(text, DrillReport.Plain);
}
