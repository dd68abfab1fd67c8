using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Telemetry;
using Npgsql;

namespace HealingWorkers.Worker.Commands;

/// <summary>Parses, runs and turns whatever goes wrong into <c>error:</c> and <c>HINT:</c> on standard error.</summary>
public static class CommandLine
{
    public const int Failed = 1;

    public static async Task<int> RunAsync(string[] args, CommandShell shell, CancellationToken cancel)
    {
        var parsed = CommandTree.Build(shell).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return shell.Fail(string.Join("\n  ", parsed.Errors.Select(e => e.Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal))), $"`{Path(parsed)} --help` shows what it takes");
        }
        using var export = OtlpExport.Start(shell.Environment);
        using var span = CommandSpan.Start(parsed.CommandResult.Command.Name, shell.Environment);
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = shell.Out,
                    Error = shell.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                },
                cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            span?.SetStatus(System.Diagnostics.ActivityStatusCode.Error, Redactor.Text(e.Message));
            return Explain(e, shell, cancel);
        }
    }

    private static int Explain(Exception e, CommandShell shell, CancellationToken cancel) => e switch
    {
        HealingException healing => shell.Fail(healing.Message, healing.Hint),
        OperationCanceledException when cancel.IsCancellationRequested => shell.Fail("interrupted", "what was in hand is taken up again by the next run"),
        PostgresException when Jobs.Ledger.MissingTable.Explain(e) is { } older => shell.Fail(older.Message, older.Hint),
        PostgresException server => shell.Fail($"{server.MessageText} ({server.SqlState})", "the server refused; --log-level debug tells more"),
        NpgsqlException network => shell.Fail(network.Message, "can the server be reached from here, and are host, port and password right?"),
        _ => shell.Fail($"{e.GetType().Name}: {e.Message}{(shell.Debugging ? "\n" + e : "")}", "this is unexpected; --log-level debug tells where it happened"),
    };

    private static string Path(ParseResult parsed)
    {
        var names = new List<string>();
        for (var at = parsed.CommandResult; at is not null; at = at.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, at.Command is RootCommand ? "healing" : at.Command.Name);
        }
        return string.Join(' ', names);
    }
}
