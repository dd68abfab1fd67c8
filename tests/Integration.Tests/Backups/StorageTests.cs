using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>Where files lie goes by a name that lies with them, and not by that of whoever looks: containers come again under other names.</summary>
[TestFixture, NonParallelizable]
internal sealed class StorageTests
{
    private ProofStage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await ProofStage.OpenAsync();

    [OneTimeTearDown]
    public Task CloseAsync() => _stage.DisposeAsync().AsTask();

    [Test]
    public async Task Of_many_that_start_at_once_one_gives_the_name_and_all_agree()
    {
        var root = Directory.CreateTempSubdirectory("healing-storage-");
        try
        {
            for (var round = 0; round < 30; round++)
            {
                var place = Path.Combine(root.FullName, $"{round}", "state");
                using var gate = new ManualResetEventSlim();
                var claims = Enumerable.Range(0, 8).Select(n => Task.Factory.StartNew(() =>
                {
                    gate.Wait();
                    return new Storage(place, $"container-{n}").Claim();
                }, TaskCreationOptions.LongRunning)).ToList();
                gate.Set();
                var names = await Task.WhenAll(claims);
                Assert.That(names.Distinct().Count(), Is.EqualTo(1), string.Join(' ', names));
                Assert.That(new Storage(place, "one that comes later").Name, Is.EqualTo(names[0]));
                Assert.That(Directory.GetFiles(place), Is.EqualTo(new[] { Path.Combine(place, Storage.FileName) }), "drafts are gone");
            }
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Test]
    public void Until_something_is_kept_there_it_is_called_as_the_machine_and_reading_writes_nothing()
    {
        var place = Directory.CreateTempSubdirectory("healing-storage-");
        try
        {
            Assert.That(new Storage(place.FullName).Name, Is.EqualTo(Environment.MachineName));
            Assert.That(place.GetFileSystemInfos(), Is.Empty);
            File.WriteAllText(Path.Combine(place.FullName, Storage.FileName), "\n");
            Assert.That(Assert.Throws<HealingException>(() => _ = new Storage(place.FullName).Name)!.Message, Does.EndWith("storage-name holds no name"));
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Backups_of_containers_that_are_no_more_are_proven_and_go_in_their_time()
    {
        var first = await _stage.BackUpAsync();
        Assert.That((first.Host, File.ReadAllText(Path.Combine(_stage.Options.StateDirectory, Storage.FileName)).Trim()), Is.EqualTo((Environment.MachineName, Environment.MachineName)));
        var second = await _stage.BackUpAsync();
        var half = await HalfMadeAsync("dead-3");
        await _stage.LedgerAsync<long>($"UPDATE healing.backups SET host = 'dead-1', started_at = started_at - interval '2 days' WHERE id = {first.Id}; UPDATE healing.backups SET host = 'dead-2' WHERE id = {second.Id}; SELECT 1::bigint");

        var next = await _stage.Tests().NextAsync(_stage.Target, default);
        Assert.That((next.Backup?.Id, next.Elsewhere), Is.EqualTo(((long?)second.Id, (Backup?)null)), next.WhyNot);
        Assert.That((await _stage.ProveAsync(next.Backup!)).Problems, Is.Empty);

        _stage.Options.Backups.Keep = new KeepOptions { Daily = 1, Weekly = 0, Monthly = 0 };
        var gone = await Pruner().RunAsync(default);
        Assert.That(gone.Select(d => d.Backup.Id), Is.EqualTo(new[] { first.Id }), "two of one place are of one row of days");
        Assert.That((Directory.Exists(first.Place), Directory.Exists(second.Place), Directory.Exists(half)), Is.EqualTo((false, true, false)));
        Assert.That(await _stage.LedgerAsync<string>("SELECT state FROM healing.backups WHERE host = 'dead-3'"), Is.EqualTo("failed"), "whoever made it is no more");
    }

    [Test]
    public async Task What_is_not_to_be_seen_here_or_is_another_one_stays_as_it_is_and_is_not_called_proven()
    {
        var backup = await _stage.BackUpAsync();
        await _stage.LedgerAsync<long>($"UPDATE healing.backups SET host = 'far', label = 'of another manifest' WHERE id = {backup.Id}; SELECT 1::bigint");
        try
        {
            Assert.That((await Pruner().PlanAsync(default)).Select(d => d.Backup.Id), Has.None.EqualTo(backup.Id), "the same path on two machines is not the same backup");
            var next = await _stage.Tests().NextAsync(_stage.Target, default);
            Assert.That((next.Elsewhere?.Id, next.WhyNot), Is.EqualTo(((long?)backup.Id, $"backup {backup.Id} lies on far")));
            var seen = (await new BackupLedger(_stage.Db).FindAsync(backup.Id, default))!;
            var refused = await Assert.ThrowsAsync<HealingException>(() => _stage.Tests().RunAsync(seen, null, false, static _ => { }, default));
            Assert.That(refused!.Message, Is.EqualTo($"backup {backup.Id} lies on far, and this is {Environment.MachineName}"));
        }
        finally
        {
            await _stage.LedgerAsync<long>($"DELETE FROM healing.restore_tests WHERE backup_id = {backup.Id}; DELETE FROM healing.backups WHERE id = {backup.Id}; SELECT 1::bigint");
        }
    }

    private BackupPruner Pruner() => new(_stage.Options, new BackupLedger(_stage.Db), new LeaseLedger(_stage.Db), TimeProvider.System, "pruner", NullLogger<BackupPruner>.Instance);

    /// <summary>A backup whose maker died in the middle.</summary>
    private async Task<string> HalfMadeAsync(string host)
    {
        var place = Path.Combine(new BackupWays(_stage.Options).Root, "20260101T000000Z-7-1");
        await _stage.LedgerAsync<long>(
            $"INSERT INTO healing.backups (target_id, system_identifier, provider, host, place, server_version, started_at, state) SELECT target_id, system_identifier, provider, '{host}', '{place}', server_version, started_at, 'running' FROM healing.backups LIMIT 1 RETURNING id");
        return Directory.CreateDirectory(place + ".draft").FullName;
    }
}
