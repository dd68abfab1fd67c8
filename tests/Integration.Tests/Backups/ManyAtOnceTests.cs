using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Checks;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>Several who want the same, one who dies over it, and the commands that a person types.</summary>
[TestFixture, NonParallelizable]
internal sealed class ManyAtOnceTests
{
    private Vault _vault = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _vault = await Vault.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _vault.DisposeAsync();

    [Test]
    public async Task Of_two_workers_one_makes_it_and_a_second_target_of_the_server_shares_it()
    {
        var known = (await _vault.Ledger.ListAsync(null, true, 100, default)).Select(b => b.Id).ToHashSet();
        var made = await Task.WhenAll(new[] { "one", "two" }.Select(w => _vault.Maker(w).MakeAsync(_vault.Target, TimeSpan.Zero, null, _ => { }, default)));
        Assert.That(made.Select(m => m.By), Is.EquivalentTo(new[] { BackupMadeBy.Us, BackupMadeBy.Somebody }));
        var only = (await _vault.Ledger.ListAsync(null, true, 100, default)).Single(b => !known.Contains(b.Id));

        await using var second = new Target(new TargetOptions { Name = "second", Connection = _vault.Cluster.ConnectionString("ledger") }, TimeProvider.System);
        var shared = await _vault.Maker().MakeAsync(second, TimeSpan.FromHours(12), null, _ => { }, default);
        Assert.That((shared.By, shared.Backup!.Id), Is.EqualTo((BackupMadeBy.AnotherTarget, only.Id)));
        Assert.That((await _vault.Ledger.ListAsync("second", false, 10, default))[0].Id, Is.EqualTo(only.Id), "it serves both");
        var old = await _vault.Maker(clock: new Later(TimeSpan.FromHours(13))).MakeAsync(second, TimeSpan.FromHours(12), null, _ => { }, default);
        Assert.That((old.By, old.Backup!.TargetName), Is.EqualTo((BackupMadeBy.Us, "second")), "that one is too old to be shared");
    }

    [Test]
    public async Task Killed_in_the_middle_it_leaves_nothing_behind()
    {
        await _vault.MakeAsync(BackupProvider.PgBasebackup);
        var known = Directory.EnumerateDirectories(_vault.Root).Count();
        await using var process = ChildProcess.Start("dotnet", [typeof(HealingWorkers.Worker.Commands.CommandLine).Assembly.Location, .. await WordsAsync("run", "--set", "worker.lease=5m")]);
        await Poll.UntilAsync(() => Drafts().Any(d => Directory.Exists(Path.Combine(d, "data", "base"))) ? true : process.HasExited ? throw new InvalidOperationException(string.Join('\n', process.All)) : false, TimeSpan.FromSeconds(60), "a backup under way");
        ProcessTable.Send(process.Pid, Signal.Kill);
        await process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        await Poll.UntilAsync(async stop => await _vault.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_replication", ct: stop) == 0, TimeSpan.FromSeconds(20), "pg_basebackup gone with it");
        var running = (await _vault.Ledger.ListAsync(null, false, 1, default))[0];
        Assert.That(running.State, Is.EqualTo(BackupState.Running));

        await Pruner().RunAsync(default);
        Assert.That(Drafts(), Is.Not.Empty, "while the lease is held, it may be alive");
        await _vault.Db.LapseAsync();
        await Poll.UntilAsync(async _ =>
        {
            await Pruner().RunAsync(default);
            return !Drafts().Any();
        }, TimeSpan.FromSeconds(40), "the draft gone after the lease");
        Assert.That(await _vault.Ledger.FindAsync(running.Id, default), Is.Not.Null.And.Matches<Backup>(b => b is { State: BackupState.Failed, Error: "the worker died while it was made" }));
        Assert.That(Directory.EnumerateDirectories(_vault.Root).Count(), Is.EqualTo(known));

        // half removed before: marked, its files still there
        var good = (await _vault.Ledger.ListAsync(null, false, 10, default)).First(b => b.IsGood);
        Assert.That(await _vault.Ledger.RemovedAsync(good.Id, "a test", default), Is.True);
        Directory.Move(good.Place, good.Place + ".gone");
        var strange = Directory.CreateDirectory(Path.Combine(_vault.Root, "20260101T000000Z-1-1")).FullName;
        await Pruner().RunAsync(default);
        Assert.That(Directory.EnumerateDirectories(_vault.Root).Count(), Is.EqualTo(known));
        Assert.That(strange, Does.Exist, "what the ledger does not know may be all that is left after a ledger was lost");
        Directory.Delete(strange);
    }

    [Test]
    public async Task The_commands_make_list_show_and_prune()
    {
        var made = await HealingExecutable.RunAsync([.. await WordsAsync("run", "--format", "json")]);
        Assert.That(made.ExitCode, Is.Zero, made.Error);
        var id = (long)System.Text.Json.Nodes.JsonNode.Parse(made.Output)![0]!["id"]!;
        var listed = await HealingExecutable.RunAsync([.. await WordsAsync("list")]);
        Assert.That(listed.Output, Does.Match($@"{id}  movies +pg_basebackup +complete .* unproven"));
        var shown = await HealingExecutable.RunAsync([.. await WordsAsync("show", $"{id}")]);
        Assert.That(shown.Output, Does.StartWith($"backup {id} of movies by pg_basebackup: complete, unproven").And.Match(@"counted +\d+ rows of \d+ tables, exactly"));
        var dry = await HealingExecutable.RunAsync([.. await WordsAsync("prune", "--dry-run")]);
        Assert.That(dry.Output, Does.Contain("nothing is removed by a dry run:").And.Match($"keep +{id} of movies.*the newest good one"));
        var missing = await HealingExecutable.RunAsync([.. await WordsAsync("show", "999")]);
        Assert.That((missing.ExitCode, missing.Error), Is.EqualTo((1, "error: there is no backup 999\nHINT: `healing backup list --all` lists them.")));
        var none = await HealingExecutable.RunAsync([.. await WordsAsync("run", "--target", "movies", "--set", "backups.provider=none")]);
        Assert.That((none.ExitCode, none.Error), Is.EqualTo((1, "error: no backups are made: backups.provider is none\nHINT: Set backups.provider, or backup of the target, to pg_basebackup, pg_dump or pgbackrest.")));
    }

    [Test]
    public async Task A_restore_that_was_killed_is_removed_by_the_next_one()
    {
        File.SetUnixFileMode(_vault.Options.StateDirectory, (UnixFileMode)0b111_101_101);
        var backup = await _vault.MakeAsync(BackupProvider.PgBasebackup);
        var clones = Path.Combine(_vault.Options.StateDirectory, "clones");
        string[] words = ["restore-test", "--backup", $"{backup.Id}", .. (await WordsAsync("run", "--set", "worker.lease=5m")).Skip(2)];
        await using var process = ChildProcess.Start("dotnet", [typeof(HealingWorkers.Worker.Commands.CommandLine).Assembly.Location, .. words]);
        var (folder, server) = ("", 0);
        await Poll.UntilAsync(() =>
        {
            (folder, server) = Running(clones);
            return server != 0 || (process.HasExited ? throw new InvalidOperationException(string.Join('\n', process.All)) : false);
        }, TimeSpan.FromSeconds(60), "a restored server");
        ProcessTable.Send(process.Pid, Signal.Kill);
        await process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(server), TimeSpan.FromSeconds(20), "the server gone with its maker");
        Assert.That(folder, Does.Exist, "nobody was left to remove it");
        await _vault.Db.LapseAsync();

        var next = new CommandResult(1, "", "");
        await Poll.UntilAsync(async _ => (next = await HealingExecutable.RunAsync(words)).ExitCode != 1, TimeSpan.FromSeconds(60), "the end of the lease");
        Assert.That(next.ExitCode, Is.Zero, next.Output);
        Assert.That(Directory.GetDirectories(clones), Is.Empty);
        Assert.That((await new ProofLedger(_vault.Db).ListAsync(null, 2, default)).Select(p => (p.Outcome, p.Error)), Is.EqualTo(new (string?, string?)[] { ("proven", null), (null, "its process died") }));
    }

    /// <summary>The first restored server that has written down its pid; 0 while there is none.</summary>
    private static (string Folder, int Server) Running(string clones) => (Directory.Exists(clones) ? Directory.GetDirectories(clones) : [])
        .Select(f => (f, Note: Path.Combine(f, "data", "postmaster.pid"))).Where(c => File.Exists(c.Note))
        .Select(c => (c.f, File.ReadLines(c.Note).FirstOrDefault() is { } pid ? int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture) : 0)).FirstOrDefault(c => c.Item2 > 0);

    private BackupPruner Pruner() => new(_vault.Options, _vault.Ledger, new LeaseLedger(_vault.Db), TimeProvider.System, "sweeper", NullLogger<BackupPruner>.Instance);

    private IEnumerable<string> Drafts() => Directory.EnumerateDirectories(_vault.Root, "*.draft");

    private async Task<IReadOnlyList<string>> WordsAsync(string verb, params string[] more)
    {
        var config = Path.Combine(_vault.Options.StateDirectory, "healing.yaml");
        await File.WriteAllTextAsync(config, $"state_directory: '{_vault.Options.StateDirectory}'\ntargets:\n  - name: movies\n    connection: '{_vault.Target.Options.Connection.Replace("'", "''", StringComparison.Ordinal)}'\n");
        return ["backup", verb, "--config", config, "--set", $"control.connection={_vault.Db.ConnectionString}", .. more.Contains("backups.provider=none") ? Array.Empty<string>() : ["--set", "backups.provider=pg_basebackup"], .. more];
    }

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
