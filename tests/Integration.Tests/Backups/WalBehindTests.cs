using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>WAL that stopped to come before a backup was done takes nothing from the backup.</summary>
[TestFixture, NonParallelizable]
internal sealed class WalBehindTests
{
    private const int Segment = 16 << 20;

    [Test]
    public async Task A_backup_keeps_its_own_end_where_the_archive_stopped_before_it()
    {
        await using var vault = await WalVault.OpenAsync();
        using var stop = new CancellationTokenSource();
        var receiving = WalVault.Receiver(vault).RunAsync(stop.Token);
        await WalVault.ReceivedAsync(vault);
        await vault.Cluster.ExecuteAsync(Vault.Hostile, "INSERT INTO said VALUES ('in the backup')");
        var backup = await vault.MakeAsync(BackupProvider.PgBasebackup);
        await WalVault.ReceivedAsync(vault);
        await stop.CancelAsync();
        Assert.That(async () => await receiving, Throws.InstanceOf<OperationCanceledException>());

        var archive = vault.Ways.Archive.Of(backup.SystemIdentifier);
        var partial = Directory.EnumerateFiles(archive, "*.partial").Single();
        var own = Directory.EnumerateFiles(backup.Place, Path.GetFileNameWithoutExtension(partial), SearchOption.AllDirectories).Single();
        var point = new RestoreUntil(Point: backup.RestorePoint);
        Assert.That(await WalVault.WordsAsync(vault, backup, point), Is.EqualTo("in the backup"), "the archive as it came");

        // as though it had stopped in the middle of the restore point
        await using (var file = new FileStream(partial, FileMode.Open, FileAccess.Write))
        {
            file.Position = Lsn.Of(backup.WalTo) % Segment - 64;
            await file.WriteAsync(new byte[Segment - file.Position]);
        }
        Assert.That(new FileInfo(partial).Length, Is.EqualTo(Segment));
        var before = await File.ReadAllBytesAsync(own);
        Assert.That(await WalVault.WordsAsync(vault, backup, point), Is.EqualTo("in the backup"));
        Assert.That(await File.ReadAllBytesAsync(own), Is.EqualTo(before), "the backup itself is never touched");
    }

    [TestCase("abcd", "abcd", false)]
    [TestCase("ab..", "abcd", false)]
    [TestCase("abcd", "ab..", true)]
    [TestCase("abxd", "abcd", true)]
    [TestCase("abcd", "ab", true)]
    [TestCase("....", "", false)]
    public async Task What_goes_on_is_more_than_zeros(string received, string own, bool goesOn)
    {
        var folder = Directory.CreateTempSubdirectory("healing-wal-");
        try
        {
            // over the edge of what is read at once
            byte[] Bytes(string text) => text.Length == 0 ? [] : [.. Enumerable.Repeat((byte)'-', 200_000), .. text.Select(c => c == '.' ? (byte)0 : (byte)c)];
            var (left, right) = (Path.Combine(folder.FullName, "left"), Path.Combine(folder.FullName, "right"));
            await File.WriteAllBytesAsync(left, own.Length == 0 ? new byte[200_000] : Bytes(received));
            await File.WriteAllBytesAsync(right, Bytes(own));
            await using var file = new FileStream(left, FileMode.Open, FileAccess.Read);
            Assert.That((await WalSegment.GoesOnAsync(file, right, default), file.Position), Is.EqualTo((goesOn, 0L)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
