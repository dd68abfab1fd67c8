using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>That what the checks say is what the repairs understand.</summary>
[TestFixture, NonParallelizable]
public sealed class FoundAndHealedTests
{
    private static PgCluster Cluster => CheckCluster.Cluster;

    [TestCase("btree")]
    [TestCase("exclusion")]
    [TestCase("gin")]
    [TestCase("hash")]
    [TestCase("gist exclusion")]
    [TestCase("sequence beside btree")]
    [TestCase("leftover")]
    [TestCase("collation")]
    [TestCase("default collation")]
    public async Task Heal_cures_what_check_finds(string what)
    {
        var database = await CheckCluster.MoviesAsync();
        var damage = new Damage(Cluster, database);
        var ledger = $"ledger_{database}";
        await Cluster.CreateDatabaseAsync(ledger);
        switch (what)
        {
            case "btree":
                await damage.Index.ZeroLeafAsync(MoviesSchema.HostileIndex);
                break;
            case "exclusion":
                await Cluster.ExecuteAsync(database, "ALTER TABLE people ADD CONSTRAINT once EXCLUDE USING btree (id WITH =)");
                await damage.Index.ZeroLeafAsync("once", 2);
                break;
            case "gin":
                await damage.OtherIndex.ZeroPageAsync("movies_metadata_gin");
                break;
            case "hash":
                await damage.OtherIndex.MissEntriesAsync("movies_title_hash", "INSERT INTO movies (id, title, year) SELECT i, 'title ' || i, 2000 FROM generate_series(90001, 90020) i");
                break;
            case "gist exclusion":
                await Cluster.ExecuteAsync(database, "CREATE TABLE stays (room int4range, EXCLUDE USING gist (room WITH &&)); INSERT INTO stays SELECT int4range(i * 2, i * 2 + 1) FROM generate_series(1, 5000) i");
                await damage.OtherIndex.ZeroPageAsync("stays_room_excl");
                break;
            case "sequence beside btree":
                // looked at once its index is repaired
                await Cluster.ExecuteAsync(database, "CREATE TABLE songs (id serial PRIMARY KEY); INSERT INTO songs SELECT generate_series(1, 5000)");
                await damage.Index.ZeroLeafAsync("songs_pkey", 2);
                break;
            case "leftover":
                await damage.LeftoverAsync("movies_title_idx");
                break;
            case "collation":
                await damage.Collation.CreateIndexAsync("movies", "title");
                await damage.Collation.ChangeOrderAsync();
                break;
            default:
                if (PgBinaries.Default.Major < 15)
                {
                    Assert.Ignore("Before PostgreSQL 15 a database cannot be ordered by ICU.");
                }
                await damage.Collation.ChangeDefaultOrderAsync();
                break;
        }
        var connection = Cluster.ConnectionString(database);
        Assert.That((await HealingExecutable.RunAsync("check", "--connection", connection)).ExitCode, Is.EqualTo(2));
        var healed = await HealingExecutable.RunAsync(
            "heal", "--connection", connection, "--approve-all", "--format", "json", "--set", $"control.connection={Cluster.ConnectionString(ledger)}",
            "--set", $"state_directory={Path.Combine(TestContext.CurrentContext.WorkDirectory, ledger)}", "--set", "snapshots.base_backup=never", "--set", "worker.lease=5m");
        Assert.That(healed.ExitCode, Is.Zero, healed.Error + healed.Output);
        Assert.That(JsonNode.Parse(healed.Output)!["incidents"]!.AsArray().Select(i => i!["state"]!.ToString().ToLowerInvariant()), Is.All.EqualTo("resolved").And.Not.Empty);
        var after = await HealingExecutable.RunAsync("check", "--connection", connection);
        Assert.That(after.ExitCode, Is.Zero, after.Output + after.Error);
    }
}
