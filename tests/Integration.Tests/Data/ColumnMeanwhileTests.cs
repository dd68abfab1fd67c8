using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

[TestFixture]
public sealed class ColumnMeanwhileTests
{
    [Test]
    public async Task A_column_that_is_added_between_two_batches_is_kept_and_comes_back()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE movies (id int PRIMARY KEY);
            INSERT INTO movies SELECT generate_series(1, 100);
            CREATE TABLE reviews (id int PRIMARY KEY, movie_id int);
            INSERT INTO reviews SELECT i, CASE WHEN i <= 500 THEN 1000 ELSE 1 END FROM generate_series(1, 3000) i;
            """, rules => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id")));
        var incident = (await clinic.CheckAsync()).Single();
        await using var held = new NpgsqlConnection(Clinic.Cluster.ConnectionString(clinic.Database));
        await held.OpenAsync();
        await using var transaction = await held.BeginTransactionAsync();
        // the batch of the last rows passes this one by, and comes back to it
        await ExecuteAsync(held, "SELECT FROM reviews WHERE id = 500 FOR UPDATE");
        var healing = clinic.HealAsync(incident);
        await Poll.UntilAsync(async _ => await clinic.CountAsync("reviews WHERE movie_id = 1000") == 1, TimeSpan.FromMinutes(1), "the one that is held to be left");
        await ExecuteAsync(held, "SET LOCAL lock_timeout = '20s'; ALTER TABLE reviews ADD COLUMN region text NOT NULL DEFAULT 'eu'; ALTER TABLE reviews ALTER region SET DEFAULT 'us'");
        await transaction.CommitAsync();
        var healed = await healing;
        for (var turn = 0; turn < 5 && healed.State != IncidentState.Resolved; turn++)
        {
            healed = await clinic.HealAsync(healed);
        }
        Assert.That((healed.State, await clinic.CountAsync("reviews WHERE movie_id = 1000")), Is.EqualTo((IncidentState.Resolved, 0L)), healed.Reason);
        await clinic.Factory().Undo().RunAsync(incident.Id, "worker", "somebody", "a test", false, CancellationToken.None);
        Assert.That(await clinic.CountAsync("reviews WHERE id = 500 AND region = 'eu'"), Is.EqualTo(1), "what it held when it was taken");
        Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(3000));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
