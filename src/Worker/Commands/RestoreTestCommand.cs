using System.CommandLine;
using System.Globalization;
using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing restore-test: restores a backup to a disposable server on this host and looks at all of it.</summary>
public sealed class RestoreTestCommand : ICommandModule
{
    private const int NotProven = 2;
    private const int Listed = 100;

    public Command Build(CommandShell shell)
    {
        var target = new Option<string?>("--target") { Description = "The newest unproven backup of this target's server (default: of every configured one)", HelpName = "NAME" };
        var backup = new Option<long?>("--backup") { Description = "This backup, proven or not", HelpName = "ID" };
        var keep = new Option<bool>("--keep") { Description = "Leaves the restored copy there for a day and says how to start it" };
        var list = new Option<bool>("--list") { Description = "Lists earlier ones and ends" };
        var format = CommandFormat.Option();
        var command = new Command("restore-test", "Restores a backup on this host, compares it with what was backed up, and removes it again") { target, backup, keep, list, format };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
            if (parsed.GetValue(list))
            {
                return await ListAsync(shell, host, parsed.GetValue(target), parsed.IsJson(format), cancel).ConfigureAwait(false);
            }
            var tests = new RestoreTests(host.Options, host.Get<LedgerDb>(), new TargetSet(host.Get<IReadOnlyList<Target>>()), CheckCatalogue.All, shell.Clock, host.WorkerId);
            var tested = new List<RestoreTested>();
            foreach (var one in await WantedAsync(shell, host, tests, parsed.GetValue(target), parsed.GetValue(backup), parsed.IsJson(format), cancel).ConfigureAwait(false))
            {
                using var progress = shell.Progress();
                var done = await tests.RunAsync(one, null, parsed.GetValue(keep), progress.Show, cancel).ConfigureAwait(false)
                    ?? throw new HealingException("another backup is restored on this host right now", "`healing restore-test --list` shows when it is done.");
                progress.Dispose();
                tested.Add(done);
                if (!parsed.IsJson(format))
                {
                    ProofText.Write(shell.Out, done);
                }
            }
            if (parsed.IsJson(format))
            {
                shell.WriteJson(tested.Select(t => new { id = t.Id, backup = t.Backup.Id, target = t.Backup.TargetName, proven = t.Report.Proven, report = t.Report }));
            }
            return tested.TrueForAll(t => t.Report.Proven) ? 0 : NotProven;
        });
        return command;
    }

    private static async Task<IReadOnlyList<Backup>> WantedAsync(CommandShell shell, HealingHost host, RestoreTests tests, string? name, long? id, bool quiet, CancellationToken cancel)
    {
        if (id is { } wanted)
        {
            var found = await new BackupLedger(host.Get<LedgerDb>()).FindAsync(wanted, cancel).ConfigureAwait(false);
            return found is { State: BackupState.Complete } ? [found]
                : throw new HealingException(found is null ? $"there is no backup {wanted}" : $"backup {wanted} is {found.State.ToString().ToLowerInvariant()}", "`healing backup list` lists them.");
        }
        var targets = TargetNames.Choose(host.Get<IReadOnlyList<Target>>(), t => t.Name, name);
        var backups = new List<Backup>();
        foreach (var target in targets)
        {
            var (next, whyNot) = await tests.NextAsync(target, cancel).ConfigureAwait(false);
            if (next is null && !quiet)
            {
                shell.Out.WriteLine(SafeText.Of($"{target.Name}: nothing to prove: {whyNot}"));
            }
            if (next is not null && backups.TrueForAll(b => b.Id != next.Id))
            {
                backups.Add(next);
            }
        }
        return backups;
    }

    private static async Task<int> ListAsync(CommandShell shell, HealingHost host, string? target, bool json, CancellationToken cancel)
    {
        var found = await new ProofBook(host.Get<LedgerDb>()).ListAsync(target, Listed, cancel).ConfigureAwait(false);
        if (json)
        {
            shell.WriteJson(found);
            return 0;
        }
        shell.Out.WriteLine(found.Count == 0 ? "no backup was restored yet" : $"{"id",5}  {"backup",6}  {"target",-16} {"result",-10} {"started (UTC)",-17} {"seconds",8}  {"checksums",-12}  what is wrong");
        foreach (var p in found)
        {
            shell.Out.WriteLine(SafeText.Of(string.Create(CultureInfo.InvariantCulture,
                $"{p.Id,5}  {p.Backup,6}  {p.Target,-16} {p.Word(),-10} {p.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}  {p.Seconds,8:0.0}  {p.Checksums ?? "not compared",-12}  {p.Error}").TrimEnd()));
        }
        return 0;
    }
}
