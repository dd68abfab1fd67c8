using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Quarantine;

/// <summary>A domain that says no: refused by name, and nothing is touched.</summary>
[TestFixture]
internal sealed class ObstacleTests
{
    private const string Trap = "CREATE TABLE \"t\" (id int PRIMARY KEY, a int); INSERT INTO t SELECT i, i FROM generate_series(1, 5) i; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; ";

    [TestCase("CREATE TRIGGER \"b d\" BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", RowAction.Delete, "the trigger \"b d\" of public.t")]
    [TestCase("CREATE TRIGGER audit AFTER DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION f()", RowAction.Delete, "the trigger audit of public.t")]
    [TestCase("CREATE TRIGGER audit AFTER DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER audit", RowAction.Delete, "the trigger audit of public.t")]
    [TestCase("CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()", RowAction.Update, "the trigger late of public.t")]
    [TestCase("CREATE RULE \"no\" AS ON DELETE TO t DO INSTEAD NOTHING", RowAction.Delete, "the rule no of public.t")]
    [TestCase("CREATE RULE also AS ON UPDATE TO t DO ALSO NOTIFY x", RowAction.Update, "the rule also of public.t")]
    [TestCase("ALTER TABLE t DROP CONSTRAINT t_pkey; CREATE PUBLICATION \"p 1\" FOR TABLE t", RowAction.Delete, "the publication \"p 1\" publishes this, and public.t has no replica identity")]
    [TestCase("ALTER TABLE t REPLICA IDENTITY NOTHING; CREATE PUBLICATION everything FOR ALL TABLES", RowAction.Update, "the publication everything")]
    public async Task Is_refused_by_name(string no, RowAction action, string said)
    {
        await using var ward = await Ward.OpenAsync(Trap + no);
        var before = await ward.HashAsync();
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await (action == RowAction.Delete ? ward.DeleteAsync("t", "id = 1") : ward.ChangeAsync("t", "id = 1", ("a", "7"))));
        Assert.That(refused!.Message, Does.Contain(said));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [TestCase("CREATE TRIGGER asleep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER asleep")]
    [TestCase("CREATE TRIGGER elsewhere BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE REPLICA TRIGGER elsewhere")]
    [TestCase("CREATE TRIGGER another BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()")]
    [TestCase("CREATE PUBLICATION p FOR TABLE t")]
    [TestCase("ALTER TABLE t DROP CONSTRAINT t_pkey, REPLICA IDENTITY FULL; CREATE PUBLICATION p FOR TABLE t")]
    [TestCase("ALTER TABLE t ENABLE ROW LEVEL SECURITY")]
    [TestCase("CREATE EXTENSION btree_gist; ALTER TABLE t ADD EXCLUDE USING gist (a WITH =)")]
    public async Task What_does_not_stand_in_the_way_is_no_obstacle(string yes)
    {
        await using var ward = await Ward.OpenAsync(Trap + yes);
        var before = await ward.HashAsync();
        Assert.That(await ward.DeleteAsync("t", "id = 1"), Is.EqualTo(1));
        if (!yes.Contains("BEFORE INSERT", StringComparison.Ordinal))
        {
            await ward.UndoAsync();
            Assert.That(await ward.HashAsync(), Is.EqualTo(before));
        }
    }

    [TestCase("CREATE TRIGGER elsewhere BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t ENABLE REPLICA TRIGGER elsewhere", "the trigger elsewhere of public.t")]
    [TestCase("CREATE RULE elsewhere AS ON DELETE TO t DO ALSO NOTIFY x; ALTER TABLE t ENABLE REPLICA RULE elsewhere", "the rule elsewhere of public.t")]
    [TestCase("CREATE TRIGGER here BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()", "the trigger here of public.t")]
    [TestCase("ALTER TABLE t ADD UNIQUE (a) DEFERRABLE", null)]
    public async Task What_wakes_up_while_keys_keep_still_is_in_the_way_of_a_copy(string no, string? said)
    {
        await using var ward = await Ward.OpenAsync($"{Trap}CREATE TABLE kid (t int REFERENCES t); {no}");
        var deletion = async () => await ward.InBatchAsync(async (batch, session) => await batch.DeleteAsync(await Ward.TableAsync(session, "t"), ["(0,1)"], CancellationToken.None, keyStays: true));
        if (said is null)
        {
            Assert.That(await deletion(), Is.EqualTo(1), "a deletion breaks no unique key");
            return;
        }
        var before = await ward.HashAsync();
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await deletion());
        Assert.That(refused!.Message, Does.Contain(said));
        Assert.That(await ward.HashAsync(), Is.EqualTo(before));
    }

    [TestCase("p", "is partitioned and holds no rows itself")]
    [TestCase("v", "is a view")]
    [TestCase("mv", "is a materialized view")]
    [TestCase("ft", "is a foreign table: its rows belong to the foreign server far")]
    [TestCase("pg_catalog.pg_class", "belongs to the system catalogue")]
    [TestCase("spatial", "belongs to the extension citext")]
    public async Task What_is_no_plain_table_of_the_users_is_refused(string relation, string said)
    {
        await using var ward = await Ward.OpenAsync(Trap +
            """
            CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW mv AS SELECT * FROM t;
            CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE FOREIGN TABLE ft (id int) SERVER far;
            CREATE EXTENSION citext; CREATE TABLE spatial (id int); ALTER EXTENSION citext ADD TABLE spatial;
            """);
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.InBatchAsync(async (batch, session) => await batch.DeleteAsync(await Ward.TableAsync(session, relation), ["(0,1)"], CancellationToken.None)));
        Assert.That(refused!.Message, Does.Contain(said));
    }

    [Test]
    public async Task Row_security_and_missing_rights_are_named_with_the_grant()
    {
        await using var ward = await Ward.OpenAsync(Trap, user: "stranger");
        await ward.ExecuteAsync($"DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN; GRANT CREATE ON DATABASE {ward.Database} TO stranger; GRANT SELECT ON t TO stranger");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Message, Does.Contain("GRANT SELECT, UPDATE, DELETE ON public.t TO stranger"));
        await ward.ExecuteAsync("GRANT ALL ON t TO stranger; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_it ON t USING (true)");
        refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.InBatchAsync(async (batch, session) => await batch.DeleteAsync(await Ward.TableAsync(session, "public.t"), ["(0,1)"], CancellationToken.None)));
        Assert.That(refused!.Message, Does.Contain("row security of public.t applies to the role stranger"));
        await ward.ExecuteAsync($"REVOKE CREATE ON DATABASE {ward.Database} FROM stranger; REVOKE CREATE ON DATABASE {ward.Database} FROM PUBLIC");
        refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Hint, Does.Contain($"GRANT CREATE ON DATABASE {ward.Database} TO stranger"));
    }

    [Test]
    public async Task A_quarantine_of_somebody_else_is_not_trusted()
    {
        await using var ward = await Ward.OpenAsync(Trap, user: "newcomer");
        await ward.ExecuteAsync($"DROP ROLE IF EXISTS newcomer; CREATE ROLE newcomer LOGIN; GRANT CREATE ON DATABASE {ward.Database} TO newcomer; ALTER TABLE t OWNER TO newcomer; CREATE SCHEMA healing_quarantine; GRANT ALL ON SCHEMA healing_quarantine TO newcomer");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Message, Does.Contain("healing_quarantine belongs to postgres"));
    }

    [Test]
    public async Task Obstacles_of_what_a_cascade_would_reach_count_as_well()
    {
        await using var ward = await Ward.OpenAsync(Trap + "CREATE TABLE kid (id int, t int REFERENCES t ON DELETE CASCADE); INSERT INTO kid VALUES (1, 1); CREATE TRIGGER audit AFTER DELETE ON kid FOR EACH ROW EXECUTE FUNCTION f();");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Message, Does.Contain("the trigger audit of public.kid"));
        Assert.That(await ward.DeleteAsync("t", "id = 2"), Is.EqualTo(1), "what nothing refers to is free");
    }

    [Test]
    public async Task A_key_whose_triggers_are_disabled_stops_it()
    {
        await using var ward = await Ward.OpenAsync(Trap + "CREATE TABLE kid (id int, t int REFERENCES t ON DELETE CASCADE); ALTER TABLE t DISABLE TRIGGER ALL;");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await ward.DeleteAsync("t", "id = 1"));
        Assert.That(refused!.Message, Does.Contain("the triggers of the foreign key kid_t_fkey of public.kid are disabled"));
    }
}
