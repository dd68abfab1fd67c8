using HealingWorkers.Drill;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Repairs;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>What a publication says of rows and columns, from 15 on: a change that a subscriber could not follow is refused by the server, and by name before it.</summary>
[TestFixture]
internal sealed class PublicationTests
{
    private const string Table = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int); INSERT INTO t SELECT i, i, i FROM generate_series(1, 5) i; ";
    private const string Partition =
        """
        CREATE TABLE r (x int, id int PRIMARY KEY, a int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE t (a int NOT NULL, id int NOT NULL, x int);
        ALTER TABLE r ATTACH PARTITION t FOR VALUES FROM (0) TO (100); INSERT INTO r SELECT i, i, i FROM generate_series(1, 5) i;
        """;

    [TestCase(Table + "CREATE PUBLICATION \"p 1\" FOR TABLE t WHERE (a > 1)", RowAction.Delete, "the publication \"p 1\" filters public.t by a,")]
    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t WHERE (id > 1 AND (b > 2 OR a = 1))", RowAction.Update, "the publication p filters public.t by a, b,")]
    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t (a, b)", RowAction.Delete, "the publication p publishes only some columns of public.t, and not id of its replica identity")]
    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t (a, b)", RowAction.Update, "the publication p publishes only some columns of public.t, and not id of its replica identity")]
    [TestCase(Table + "ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR TABLE t (id, a)", RowAction.Delete, "the publication p publishes only some columns of public.t, whose replica identity is FULL")]
    [TestCase(Partition + "CREATE PUBLICATION p FOR TABLE r WHERE (a > 1) WITH (publish_via_partition_root)", RowAction.Delete, "the publication p filters public.t by a,")]
    [TestCase(Partition + "CREATE PUBLICATION p FOR TABLE r (x, a) WITH (publish_via_partition_root)", RowAction.Update, "the publication p publishes only some columns of public.t, and not id of its replica identity")]
    [TestCase(Table + "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id) DEFERRABLE; CREATE PUBLICATION p FOR TABLE t", RowAction.Delete, "the publication p publishes this, and public.t has no replica identity")]
    public async Task Is_refused_by_name(string sql, RowAction action, string said)
    {
        Require15();
        await using var ward = await Ward.OpenAsync(sql);
        var before = await ward.HashAsync();
        Assert.That((await ServerAsync(ward, action))?.SqlState, Is.AnyOf("42P10", "55000"), "as the server itself does");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await DoAsync(ward, action));
        Assert.That(refused!.Message, Does.Contain(said));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t (a, b) WHERE (a > 1) WITH (publish = 'insert, truncate')", RowAction.Delete)]
    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t WHERE (a > 1) WITH (publish = 'update')", RowAction.Delete)]
    [TestCase(Table + "CREATE PUBLICATION p FOR TABLE t (id, b) WHERE (id > 1)", RowAction.Update)]
    [TestCase(Table + "ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR TABLE t WHERE (a > 1)", RowAction.Update)]
    [TestCase(Table + "CREATE UNIQUE INDEX u ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX u; CREATE PUBLICATION p FOR TABLE t (a) WHERE (a > 1)", RowAction.Delete)]
    [TestCase(Partition + "CREATE PUBLICATION p FOR TABLE t WHERE (a > 1), TABLE r WITH (publish_via_partition_root)", RowAction.Delete)]
    [TestCase(Partition + "CREATE SCHEMA s; ALTER TABLE r SET SCHEMA s; CREATE PUBLICATION p FOR TABLES IN SCHEMA s, TABLE t WHERE (a > 1) WITH (publish_via_partition_root)", RowAction.Update)]
    public async Task What_the_server_lets_pass_is_no_obstacle(string sql, RowAction action)
    {
        Require15();
        await using var ward = await Ward.OpenAsync(sql);
        Assert.That(await ServerAsync(ward, action), Is.Null);
        var before = await ward.HashAsync();
        Assert.That(await DoAsync(ward, action), Is.EqualTo(1));
        if (action == RowAction.Delete)
        {
            await ward.UndoAsync();
            Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        }
    }

    [Test]
    public async Task An_undo_and_what_it_undoes_are_refused_by_name_as_well()
    {
        Require15();
        await using var ward = await Ward.OpenAsync(Table);
        var before = await ward.HashAsync();
        await ward.ChangeAsync("t", "id = 1", ("b", "NULL"));
        await ward.ExecuteAsync("CREATE PUBLICATION since FOR TABLE t WHERE (a > 1)");
        Assert.That(await ward.RefusedUndoAsync(), Does.Contain("the publication since filters public.t by a,"));
        await ward.ExecuteAsync("ALTER PUBLICATION since SET (publish = 'insert')");
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.ExecuteAsync("ALTER PUBLICATION since SET (publish = 'update')");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.RedoAsync());
        Assert.That(refused!.Message, Does.Contain("the publication since filters public.t by a,"));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_version_that_knows_neither_filters_nor_columns_is_asked_for_identities_only()
    {
        await using var cluster = await OfVersionAsync(14);
        await using var ward = await Ward.OpenAsync(Partition + "CREATE TABLE u (id int PRIMARY KEY, a int); INSERT INTO u VALUES (1, 1); CREATE PUBLICATION p FOR TABLE u, r WITH (publish_via_partition_root); CREATE PUBLICATION q FOR ALL TABLES", cluster: cluster);
        var before = await ward.HashAsync();
        Assert.That((await ward.DeleteAsync("t", "id = 1"), await ward.ChangeAsync("u", "id = 1", ("a", "7"))), Is.EqualTo((1L, 1L)));
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.ExecuteAsync("ALTER TABLE t REPLICA IDENTITY NOTHING");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Message, Does.Contain("the publication p publishes this, and public.t has no replica identity").And.Contain("the publication q publishes this"));
    }

    [Test]
    public async Task Generated_columns_go_and_come_back_and_unpublished_ones_of_an_identity_are_named()
    {
        await using var cluster = await OfVersionAsync(18);
        await using var ward = await Ward.OpenAsync(
            """
            CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, thrice int GENERATED ALWAYS AS (a * 3) VIRTUAL);
            INSERT INTO t (a) SELECT generate_series(1, 5);
            """, cluster: cluster);
        var before = await ward.HashAsync();
        await ward.DeleteAsync("t", "id = 1");
        await ward.ChangeAsync("t", "id = 2", ("a", "NULL"));
        var after = await ward.HashAsync();
        await ward.UndoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        await ward.RedoAsync();
        Assert.That(await ward.HashAsync(), Is.EqualTo(after));

        await ward.ExecuteAsync("ALTER TABLE t REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR ALL TABLES");
        Assert.That((await ServerAsync(ward, RowAction.Update))?.SqlState, Is.EqualTo("42P10"));
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await DoAsync(ward, RowAction.Update));
        Assert.That(refused!.Message, Does.Contain("the publication p publishes public.t without the generated thrice, twice of its replica identity"));
        await ward.ExecuteAsync("ALTER PUBLICATION p SET (publish_generated_columns = stored); ALTER TABLE t DROP thrice");
        Assert.That(await DoAsync(ward, RowAction.Delete), Is.EqualTo(1));
    }

    private static void Require15()
    {
        if (WardCluster.Cluster.Options.Binaries.Major < 15)
        {
            Assert.Ignore("publications filter nothing before 15");
        }
    }

    private static async Task<PgCluster> OfVersionAsync(int major)
    {
        if (PgBinaries.All().FirstOrDefault(b => b.Major == major) is not { } binaries)
        {
            Assert.Ignore($"no PostgreSQL {major} is here: deploy/scripts/get-postgres.sh {major}");
            throw new InvalidOperationException();
        }
        return await PgCluster.StartNewAsync(new PgClusterOptions { Binaries = binaries });
    }

    private static Task<long> DoAsync(Ward ward, RowAction action) => action == RowAction.Delete ? ward.DeleteAsync("t", "id = 3") : ward.ChangeAsync("t", "id = 3", ("a", "7"));

    /// <summary>What the server itself says to it; nothing is changed.</summary>
    private static async Task<PostgresException?> ServerAsync(Ward ward, RowAction action)
    {
        try
        {
            await ward.ExecuteAsync($"BEGIN; {(action == RowAction.Delete ? "DELETE FROM t" : "UPDATE t SET a = 7")} WHERE id = 3; ROLLBACK");
            return null;
        }
        catch (PostgresException e)
        {
            return e;
        }
    }
}
