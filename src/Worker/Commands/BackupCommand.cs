using System.CommandLine;
using System.Globalization;
using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing backup: makes one now, lists and shows them, removes those that retention lets go.</summary>
public sealed class BackupCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var command = new Command("backup", "Lists backups; makes one now, shows one, removes those that need not be kept");
        var list = List(shell);
        command.Subcommands.Add(Run(shell));
        command.Subcommands.Add(list.Command);
        command.Subcommands.Add(Show(shell));
        command.Subcommands.Add(Prune(shell));
        foreach (var option in list.Command.Options)
        {
            command.Options.Add(option);
        }
        command.SetAction(list.Run);
        return command;
    }

    private static (Command Command, Func<ParseResult, CancellationToken, Task<int>> Run) List(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only those that serve this target", HelpName = "NAME" };
        var all = new Option<bool>("--all") { Description = "Those that were removed as well" };
        var format = CommandFormat.Option();
        var command = new Command("list", "Lists backups, the newest first") { target, all, format };
        command.SetAction(RunAsync);
        return (command, RunAsync);

        async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var found = await House(host, shell).Ledger.ListAsync(parsed.GetValue(target), parsed.GetValue(all), 500, cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(found.Select(BackupShape.Of));
                return 0;
            }
            shell.Out.WriteLine(found.Count == 0 ? "no backup" : $"{"id",5}  {"target",-16} {"provider",-14} {"state",-9} {"started (UTC)",-17} {"MB",8} {"seconds",8}  proof");
            foreach (var b in found)
            {
                shell.Out.WriteLine(SafeText.Of(string.Create(CultureInfo.InvariantCulture,
                    $"{b.Id,5}  {b.TargetName,-16} {b.Provider.Name(),-14} {b.State.ToString().ToLowerInvariant(),-9} {b.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}  {b.Bytes >> 20,8} {b.Took?.TotalSeconds,8:0.0}  {b.ProofWord()}")));
            }
            return 0;
        }
    }

    private static Command Show(CommandShell shell)
    {
        var id = new Argument<long>("ID");
        var format = CommandFormat.Option();
        var command = new Command("show", "Shows one backup") { id, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var backup = await House(host, shell).Ledger.FindAsync(parsed.GetValue(id), cancel).ConfigureAwait(false)
                ?? throw new HealingException($"there is no backup {parsed.GetValue(id)}", "`healing backup list --all` lists them.");
            if (parsed.IsJson(format))
            {
                shell.WriteJson(BackupShape.Of(backup));
                return 0;
            }
            BackupText.Write(shell.Out, backup);
            return 0;
        });
        return command;
    }

    private static Command Run(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "Only of this target (default: every configured one)", HelpName = "NAME" };
        var dry = new Option<bool>("--dry-run") { Description = "Says whether one could be made, and makes none" };
        var format = CommandFormat.Option();
        var command = new Command("run", "Makes a backup now, in the foreground") { target, dry, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var wanted = Wanted(host, parsed.GetValue(target));
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var maker = House(host, shell).Maker();
            var made = new List<Backup>();
            foreach (var one in wanted)
            {
                if (parsed.GetValue(dry))
                {
                    shell.Out.WriteLine(SafeText.Of($"{one.Name}: {await maker.WhyNotAsync(one, cancel).ConfigureAwait(false) ?? "a backup can be made"}"));
                    continue;
                }
                using var progress = shell.Progress();
                var backup = (await maker.MakeAsync(one, TimeSpan.Zero, null, progress.Show, cancel).ConfigureAwait(false)).Backup
                    ?? throw new HealingException($"the server of {one.Name} is being backed up right now", "`healing backup list` shows when it is done.");
                progress.Dispose();
                made.Add(backup);
                if (!parsed.IsJson(format))
                {
                    BackupText.Write(shell.Out, backup);
                }
            }
            if (parsed.IsJson(format))
            {
                shell.WriteJson(made.Select(BackupShape.Of));
            }
            return 0;
        });
        return command;
    }

    private static Command Prune(CommandShell shell)
    {
        var dry = new Option<bool>("--dry-run") { Description = "Says what would go and what stays, and removes nothing" };
        var format = CommandFormat.Option();
        var command = new Command("prune", "Removes, on this host, the backups that need not be kept") { dry, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            var pruner = House(host, shell).Pruner();
            var decided = parsed.GetValue(dry) ? await pruner.PlanAsync(cancel).ConfigureAwait(false) : await pruner.RunAsync(cancel).ConfigureAwait(false);
            if (parsed.IsJson(format))
            {
                shell.WriteJson(decided.Select(d => new { backup = BackupShape.Of(d.Backup), keep = d.Keep, why = d.Why }));
                return 0;
            }
            shell.Out.WriteLine(decided.Count == 0 ? "nothing is to be removed" : parsed.GetValue(dry) ? "nothing is removed by a dry run:" : "removed:");
            foreach (var d in decided)
            {
                shell.Out.WriteLine(SafeText.Of($"  {(d.Keep ? "keep  " : "remove")} {d.Backup.Id,5} of {d.Backup.TargetName}, {d.Backup.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}: {d.Why}"));
            }
            return 0;
        });
        return command;
    }

    private static BackupHouse House(HealingHost host, CommandShell shell) => new(host.Options, host.Get<LedgerDb>(), shell.Clock, host.Get<ILoggerFactory>(), host.WorkerId);

    private static IReadOnlyList<Target> Wanted(HealingHost host, string? name)
    {
        var targets = TargetNames.Choose(host.Get<IReadOnlyList<Target>>(), t => t.Name, name);
        return name is null ? [.. targets.Where(t => host.Options.Backups.ProviderOf(t.Options) != BackupProvider.None)] : targets;
    }
}
