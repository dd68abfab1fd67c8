using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class SequenceRepairTests
{
    private const string Songs = "CREATE TABLE songs (id serial PRIMARY KEY, title text); INSERT INTO songs (title) SELECT 'Song ' || g FROM generate_series(1, 300) g;";
    private const string Weird = "\"we\"\"ird'; DROP TABLE x--\"";

    /// <summary>What a sequence is, whatever oid it has.</summary>
    private const string Estate =
        """
        SELECT c.relname::text || s.seqtypid::regtype::text || s.seqincrement || ',' || s.seqmin || ',' || s.seqmax || ',' || s.seqstart || ',' || s.seqcache || s.seqcycle::text
               || c.relowner::regrole::text || coalesce((SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(c.relacl) a), '-') || coalesce(obj_description(c.oid, 'pg_class'), '-') || c.relpersistence::text
               || coalesce((SELECT string_agg(d.refobjid::regclass::text || d.refobjsubid || d.deptype::text, ',' ORDER BY 1) FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass), '-')
               || coalesce((SELECT string_agg(f.adrelid::regclass::text || f.adnum || pg_get_expr(f.adbin, f.adrelid), ',' ORDER BY 1) FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid WHERE d.refobjid = c.oid AND d.classid = 'pg_attrdef'::regclass), '-')
        FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = to_regclass(@sequence)
        """;

    [TestCase(Songs + "SELECT setval('songs_id_seq', 7)", "public.songs_id_seq", 300)]
    [TestCase("CREATE TABLE down (id int GENERATED ALWAYS AS IDENTITY (INCREMENT -1) PRIMARY KEY); INSERT INTO down OVERRIDING SYSTEM VALUE SELECT -generate_series(1, 50)", "public.down_id_seq", -50)]
    [TestCase("CREATE SCHEMA " + Weird + "; CREATE TABLE " + Weird + "." + Weird + " (" + Weird + " serial PRIMARY KEY); INSERT INTO " + Weird + "." + Weird + " SELECT generate_series(1, 9)", null, 9)]
    public async Task A_sequence_behind_is_set_to_what_is_in_use(string done, string? name, long value)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, done);
        var hashes = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(name, Is.Null.Or.EqualTo(incident.Object.Quoted));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT last_value FROM {incident.Object.Quoted}"), Is.EqualTo(value));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, $"SELECT nextval({incident.Object.Oid}::oid::regclass)"), Is.EqualTo(value + Math.Sign(value)));
        Assert.That(await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database), Is.EqualTo(hashes));
    }

    [Test]
    public async Task A_sequence_that_somebody_set_further_meanwhile_never_goes_back()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Songs + "SELECT setval('songs_id_seq', 7)");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "SELECT setval('songs_id_seq', 5000)");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT last_value FROM songs_id_seq"), Is.EqualTo(5000));
    }

    [Test]
    public async Task A_row_far_ahead_that_came_meanwhile_is_not_followed()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Songs + "SELECT setval('songs_id_seq', 7)");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO songs VALUES (2147483647, 'the end')");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT last_value FROM songs_id_seq"), Is.EqualTo(7));
    }

    [Test]
    public async Task Who_has_drawn_a_number_and_not_ended_is_not_waited_for_long()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Songs + "SELECT setval('songs_id_seq', 7)");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        await using (var writer = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            await using var draw = new Npgsql.NpgsqlCommand("BEGIN; SELECT nextval('songs_id_seq')", writer);
            await draw.ExecuteNonQueryAsync();
            var outcome = await hospital.HealAsync(incident.Id);
            Assert.That(outcome.State, Is.EqualTo(IncidentState.AwaitingWindow), outcome.Note);
            Assert.That(outcome.Note, Does.Contain("is busy"));
        }
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
    }

    [Test]
    public async Task Writers_at_work_never_meet_a_number_twice_once_it_is_set()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Songs + "SELECT setval('songs_id_seq', 299, false)");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(_ => DrawAsync(hospital.Database, stop.Token)).ToList();
        var outcome = await hospital.HealAsync(incident.Id);
        await stop.CancelAsync();
        var drawn = (await Task.WhenAll(writers)).SelectMany(d => d).ToList();
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(drawn, Is.Unique.And.Not.Empty);
    }

    [TestCase("serial", "zeroed", Songs, "public.songs_id_seq")]
    [TestCase("checksum", "checksum", Songs, "public.songs_id_seq")]
    [TestCase("no file", "missing", Songs, "public.songs_id_seq")]
    [TestCase("always", "zeroed", "CREATE TABLE songs (id bigint GENERATED ALWAYS AS IDENTITY (INCREMENT 5 START 3 CACHE 7 MAXVALUE 900000) PRIMARY KEY, t text); INSERT INTO songs (t) SELECT 'x' FROM generate_series(1, 60)", "public.songs_id_seq")]
    [TestCase("by default", "zeroed", "CREATE TABLE songs (id int GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME public." + Weird + ") PRIMARY KEY); INSERT INTO songs SELECT FROM generate_series(1, 60); GRANT SELECT, USAGE ON SEQUENCE " + Weird + " TO PUBLIC", "public." + Weird)]
    [TestCase("partitioned", "zeroed", "CREATE TABLE songs (id bigserial, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k); CREATE TABLE songs_1 PARTITION OF songs FOR VALUES IN (1); INSERT INTO songs (k) SELECT 1 FROM generate_series(1, 60)", "public.songs_id_seq")]
    [TestCase("shared, with rights", "zeroed",
        "CREATE SEQUENCE both_of_them AS int INCREMENT -2 MAXVALUE -1 CACHE 3; CREATE TABLE songs (id int PRIMARY KEY DEFAULT nextval('both_of_them')); CREATE TABLE tunes (id smallint PRIMARY KEY DEFAULT nextval('both_of_them')); INSERT INTO songs SELECT FROM generate_series(1, 60); INSERT INTO tunes SELECT FROM generate_series(1, 6);"
        + "DO $$ BEGIN CREATE ROLE \"of se\"\"quences\"; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT CREATE ON SCHEMA public TO \"of se\"\"quences\"; ALTER SEQUENCE both_of_them OWNER TO \"of se\"\"quences\"; GRANT USAGE ON SEQUENCE both_of_them TO PUBLIC; GRANT ALL ON SEQUENCE both_of_them TO postgres WITH GRANT OPTION; COMMENT ON SEQUENCE both_of_them IS 'it''s \\shared'; ALTER DEFAULT PRIVILEGES GRANT UPDATE ON SEQUENCES TO PUBLIC", "public.both_of_them")]
    [TestCase("inherited", "zeroed", "CREATE TABLE songs (id serial PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (songs); INSERT INTO child SELECT FROM generate_series(1, 60)", "public.songs_id_seq")]
    [TestCase("unlogged", "zeroed", "CREATE UNLOGGED TABLE songs (id serial PRIMARY KEY); INSERT INTO songs SELECT FROM generate_series(1, 60)", "public.songs_id_seq")]
    [TestCase("empty", "zeroed", "CREATE TABLE songs (id serial PRIMARY KEY)", "public.songs_id_seq")]
    public async Task An_unreadable_sequence_is_made_anew_with_everything_that_belonged_to_it(string what, string damage, string made, string sequence)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, made);
        var before = await Hospital.Cluster.ScalarAsync<string>(hospital.Database, Estate, new { sequence });
        var hashes = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        await DamageAsync(hospital, sequence, damage);
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        Assert.That(incident.Object.Quoted, Is.EqualTo(sequence), what);
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(incident.Id, "somebody", "read it", CancellationToken.None);

        var outcome = await hospital.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("has its options, owner, rights, comment and defaults"));
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, Estate, new { sequence }), Is.EqualTo(before));
        Assert.That(await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database), Is.EqualTo(hashes));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, what == "partitioned" ? "INSERT INTO songs (k) VALUES (1)" : "INSERT INTO songs DEFAULT VALUES");
        Assert.That(await hospital.CheckAsync(new SequencesCheck()), Is.Empty);
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT max(abs(id)) FROM songs"), Is.GreaterThan(1000));
    }

    [TestCase("CREATE SEQUENCE lone; SELECT nextval('lone')", "public.lone", "in no column")]
    [TestCase("CREATE SEQUENCE lone CYCLE; CREATE TABLE t (id int DEFAULT nextval('lone'))", "public.lone", "cycles")]
    [TestCase("CREATE SEQUENCE lone; CREATE TABLE t (id text DEFAULT 'R' || nextval('lone'))", "public.lone", "something else")]
    [TestCase("CREATE SEQUENCE lone; CREATE TABLE t (id int DEFAULT nextval('lone')); CREATE VIEW how_far AS SELECT last_value FROM lone", "public.lone", "how_far")]
    [TestCase("CREATE SEQUENCE lone; CREATE TABLE t (id int DEFAULT nextval('lone')); ALTER EXTENSION amcheck ADD SEQUENCE lone", "public.lone", "extension amcheck")]
    [TestCase("CREATE SEQUENCE lone MAXVALUE 1500; CREATE TABLE t (id int DEFAULT nextval('lone')); INSERT INTO t SELECT FROM generate_series(1, 900)", "public.lone", "too few numbers")]
    public async Task What_cannot_be_made_anew_is_left_to_a_person(string made, string sequence, string why)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, made);
        await DamageAsync(hospital, sequence, "zeroed");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ApproveAsync(incident.Id, "somebody", "read it", CancellationToken.None);
        var oid = await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'lone'::regclass::oid::bigint");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain(why));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT 'lone'::regclass::oid::bigint"), Is.EqualTo(oid));
    }

    [Test]
    public async Task Whose_numbers_it_gave_is_asked_where_its_start_does_not_tell()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE evens (id serial PRIMARY KEY); ALTER SEQUENCE evens_id_seq INCREMENT 2 RESTART 2; INSERT INTO evens SELECT FROM generate_series(1, 20)");
        await DamageAsync(hospital, "public.evens_id_seq", "zeroed");
        var incident = (await hospital.CheckAsync(new SequencesCheck())).Single();
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingApproval));
        var plan = await new PlanPreview(new TargetSet([hospital.Target]), HealerFactory.Repairs(hospital.Checks, new RepairLimits())).OfAsync(incident, CancellationToken.None);
        Assert.That(plan.Asks, Does.Contain("steps by 2").And.Contain("see that they are not the other's"));
    }

    private static Task DamageAsync(Hospital hospital, string sequence, string damage)
    {
        var editor = new RelationEditor(Hospital.Cluster, hospital.Database);
        return damage switch
        {
            "zeroed" => new SequenceDamage(editor).ZeroPageAsync(sequence),
            "checksum" => editor.EditPageAsync(sequence, 0, new DamageMode(FixChecksum: false), page => page[8000] ^= 1),
            _ => editor.EditAsync(sequence, null, (file, _) => file.Delete()),
        };
    }

    private static async Task<List<long>> DrawAsync(string database, CancellationToken stop)
    {
        await using var connection = await Hospital.Cluster.OpenAsync(database, CancellationToken.None);
        var drawn = new List<long>();
        while (!stop.IsCancellationRequested)
        {
            await using var insert = new Npgsql.NpgsqlCommand("INSERT INTO songs (title) VALUES ('drawn') ON CONFLICT DO NOTHING RETURNING id", connection);
            if (await insert.ExecuteScalarAsync(CancellationToken.None) is int id)
            {
                drawn.Add(id);
            }
        }
        return drawn;
    }
}
