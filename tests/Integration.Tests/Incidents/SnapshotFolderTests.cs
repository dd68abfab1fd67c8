using HealingWorkers.Jobs.Snapshots;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Incidents;

/// <summary>Evidence that is there is never written over: a ledger that was made anew counts its incidents from 1 again.</summary>
[TestFixture]
internal sealed class SnapshotFolderTests
{
    [Test]
    public async Task What_another_ledger_kept_stays_and_the_new_one_lies_beside_it()
    {
        var root = Directory.CreateTempSubdirectory("healing-snapshots-").FullName;
        try
        {
            var places = new List<string>();
            foreach (var said in new[] { "the first", "the second", "the third" })
            {
                await using var folder = new SnapshotFolder(root, 1, 1);
                await folder.AddAsync("evidence.json", "a test", into => into.WriteAsync(System.Text.Encoding.UTF8.GetBytes(said)).AsTask(), CancellationToken.None);
                var manifest = new SnapshotManifest { Kind = "evidence", Incident = 1, Attempt = 1, Target = "movies", SystemIdentifier = "1", Object = "x", Way = "evidence", TakenAt = DateTimeOffset.UnixEpoch, Relations = [], Files = [.. folder.Files], Lsn = null, Note = null };
                places.Add((await folder.FinishAsync(manifest, "a test", CancellationToken.None)).Place);
            }
            Assert.That(places.Select(Path.GetFileName), Is.EqualTo(new[] { "attempt-1", "attempt-1.2", "attempt-1.3" }));
            Assert.That(places.Select(p => File.ReadAllText(Path.Combine(p, "evidence.json"))), Is.EqualTo(new[] { "the first", "the second", "the third" }));
            Assert.That(Directory.GetDirectories(Path.GetDirectoryName(places[0])!), Has.Length.EqualTo(3), "no draft is left");
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
