using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>A session that opens, and in which not all can be set up that it is to have, is not used.</summary>
[TestFixture, NonParallelizable]
public sealed class SessionSetUpTests
{
    [Test]
    public async Task A_session_that_could_not_be_set_up_is_not_kept()
    {
        var database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(database, "DROP ROLE IF EXISTS unset; CREATE ROLE unset LOGIN; REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC");
        await using var target = CheckCluster.Target(database, "unset");
        var deadly = await DeadlyReads.OpenAsync("heap", new(target, CheckScope.All), await target.FactsAsync(CancellationToken.None), CancellationToken.None);
        await using var heap = new HeapSession(target, "public", deadly);
        await using var btree = new BtreeSession(target, "SELECT $1::bigint");
        await using var unprepared = new BtreeSession(CheckCluster.Target(database), "SELECT nothing($1::bigint)");
        for (var time = 1; time <= 2; time++)
        {
            Assert.That(() => heap.ConnectAsync(CancellationToken.None), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo(SqlState.InsufficientPrivilege), $"heap, time {time}");
            Assert.That(() => btree.OpenAsync(CancellationToken.None), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo(SqlState.InsufficientPrivilege), $"btree, time {time}");
            Assert.That(() => unprepared.OpenAsync(CancellationToken.None), Throws.TypeOf<PostgresException>(), $"not prepared, time {time}");
        }
    }
}
