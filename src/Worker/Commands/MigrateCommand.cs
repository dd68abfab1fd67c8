using System.CommandLine;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing migrate: brings the control database to a revision, up or down.</summary>
public sealed class MigrateCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var to = new Option<int?>("--to") { Description = "The revision to go to (default: control.migration_revision, else the newest)", HelpName = "REVISION" };
        var command = new Command("migrate", "Brings the control database to the revision that this program wants, or to an older one") { to };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var connection = await host.ControlConnectionAsync(cancel).ConfigureAwait(false);
            var migrator = new Migrator(connection, shell.Clock);
            var outcome = parsed.GetValue(to) is { } revision
                ? await migrator.GoToAsync(revision, cancel).ConfigureAwait(false)
                : await migrator.MigrateAsync(host.Options.Control.MigrationRevision, cancel).ConfigureAwait(false);
            foreach (var name in outcome.Reverted)
            {
                shell.Out.WriteLine($"reverted {name}");
            }
            foreach (var name in outcome.Applied)
            {
                shell.Out.WriteLine($"applied {name}");
            }
            shell.Out.WriteLine($"the control database is at revision {outcome.To}");
            return 0;
        });
        return command;
    }
}
