using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Failover;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing rotate: a new address or a new secret for everybody who goes by a connection file or by pgbouncer.</summary>
public sealed class RotateCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Argument<string>("TARGET") { Description = "A target of the configuration" };
        var to = new Option<string?>("--host") { Description = "The new address", HelpName = "HOST[:PORT]" };
        var password = new Option<string?>("--password-file") { Description = "A file that holds the new password, which the server knows already", HelpName = "FILE" };
        var file = new Option<string?>("--connection-file") { Description = "Where the connection string is written, in place of rotation.connection_file", HelpName = "FILE" };
        var why = new Option<string>("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "asked for on the command line" };
        var command = new Command("rotate", "Renews the address or the password of a target for everybody") { target, to, password, file, why };
        command.Validators.Add(result =>
        {
            if (result.GetValue(to) is null && result.GetValue(password) is null)
            {
                result.AddError("give --host HOST[:PORT], --password-file FILE, or both");
            }
        });
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await using var one = OneTarget.Configured(shell, parsed, parsed.GetValue(target)!);
            var ledger = await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
            await new Rotation(one, ledger, http, shell.Actor, shell.Clock).RunAsync(new(parsed.GetValue(why)!)
            {
                Host = parsed.GetValue(to),
                Password = parsed.GetValue(password) is { } secret ? await ReadAsync(secret, cancel).ConfigureAwait(false) : null,
                ConnectionFile = parsed.GetValue(file) is { } path ? Path.GetFullPath(path, shell.Directory) : null,
            }, said => shell.Out.WriteLine(SafeText.Of(said)), cancel).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        try
        {
            return (await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{file} cannot be read: {e.Message}", "--password-file holds the password and nothing else");
        }
    }
}
