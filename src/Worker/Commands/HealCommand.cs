using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing heal: the whole way once, in the foreground.</summary>
public sealed class HealCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "A configured target", HelpName = "NAME" };
        var connection = new Option<string?>("--connection") { Description = "A database that is not configured", HelpName = "CS" };
        var data = new Option<string?>("--data-directory") { Description = "The server's data directory, as seen from here", HelpName = "DIR" };
        var approve = new Option<bool>("--approve-all") { Description = "Approves every plan but those of class manual" };
        var dry = new Option<bool>("--dry-run") { Description = "Shows the plans and changes nothing" };
        var format = CommandFormat.Option();
        var command = new Command("heal", "Looks for damage and repairs it once, in the foreground") { target, connection, data, approve, dry, format };
        command.SetAction(async (parsed, cancel) =>
        {
            var options = shell.Load(parsed).Options;
            var patient = Patient(options, parsed.GetValue(target), parsed.GetValue(connection));
            patient.DataDirectory = parsed.GetValue(data) ?? patient.DataDirectory;
            patient.Mode = HealingMode.Heal;
            options.Mode = HealingMode.Heal;
            options.Targets = [patient];
            await using var host = shell.Compose(options, parsed);
            var run = new ForegroundHealing(shell, host, parsed.GetValue(approve), parsed.IsJson(format));
            return parsed.GetValue(dry) ? await run.PlanAsync(cancel).ConfigureAwait(false) : await run.HealAsync(cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static TargetOptions Patient(HealingOptions options, string? name, string? connection)
    {
        if ((name is null) == (connection is null))
        {
            throw new HealingException("heal takes either --target or --connection", "--target names one of healing.yaml; --connection is any database");
        }
        return name is not null ? options.Named(name) : OneTarget.OfConnection(connection!);
    }
}
