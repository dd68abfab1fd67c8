using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

[TestFixture]
public sealed class OrphanRepairTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY);
        INSERT INTO movies SELECT generate_series(1, 100);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id bigint REFERENCES movies (id), note text);
        INSERT INTO reviews SELECT i, 1 + i % 100, 'r' || i FROM generate_series(1, 1000) i;
        CREATE TABLE votes (id int PRIMARY KEY, review int NOT NULL REFERENCES reviews ON DELETE CASCADE);
        INSERT INTO votes SELECT i, i FROM generate_series(1, 1000) i;
        """;

    private static void Declared(RulesOptions rules) => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id"));

    [Test]
    public async Task Declared_orphans_go_to_quarantine_and_a_twin_proves_it()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id IN (3, 4)");
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, healed.Repair), Is.EqualTo((IncidentState.Resolved, "quarantine_orphans")), healed.Reason);
        Assert.That(healed.Reason, Does.Contain("does not find it again").And.Contain("a twin of the constraint was added, validated and dropped"));
        Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("votes"), await clinic.CountAsync("healing_quarantine.rows")), Is.EqualTo((980L, 980L, 40L)));
        Assert.That(await clinic.CountAsync("pg_constraint WHERE conname LIKE 'healing%'"), Is.Zero);
        Assert.That(await clinic.CheckAsync(), Is.Empty);
    }

    [Test]
    public async Task Nobody_declared_it_so_it_waits_for_approval()
    {
        await using var clinic = await Clinic.OpenAsync(Shop);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That(waiting.State, Is.EqualTo(IncidentState.AwaitingApproval));
        Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(1000));
        clinic.ApproveAll = true;
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 990L)), healed.Reason);
    }

    [Test]
    public async Task More_rows_than_the_cap_wait_for_approval()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        clinic.Options.AutoHealing.MaxRowsPerRepair = 9;
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("20 rows"), "ten reviews, and a vote of each");
    }

    [Test]
    public async Task What_a_cascade_takes_along_counts_for_the_cap()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + """
            CREATE TABLE ballots (vote int NOT NULL REFERENCES votes ON DELETE CASCADE, n int);
            INSERT INTO ballots SELECT i, n FROM generate_series(1, 1000) i, generate_series(1, 50) n;
            CREATE TABLE marks (review int REFERENCES reviews ON DELETE SET NULL);
            INSERT INTO marks SELECT generate_series(1, 1000);
            """, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        clinic.Options.AutoHealing.MaxRowsPerRepair = 529;
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews"), await clinic.CountAsync("ballots")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L, 50_000L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("530 rows are more than max_rows_per_repair (529)"), "10 reviews, 10 votes, 500 ballots, 10 marks");
        await new IncidentDecisions(clinic.Incidents, 3).ApproveAsync(waiting.Id, "somebody", "seen", rows: 530, CancellationToken.None);
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("healing_quarantine.rows"), await clinic.CountAsync("ballots"), await clinic.CountAsync("marks")), Is.EqualTo((IncidentState.Resolved, 530L, 49_500L, 1000L)), healed.Reason);
    }

    [TestCase("reviews.id")]
    [TestCase("votes.id")]
    public async Task What_points_at_them_by_a_rule_alone_is_asked_about(string to)
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "CREATE TABLE tags (at int); INSERT INTO tags SELECT 2 + n * 100 FROM generate_series(0, 3) n; INSERT INTO tags VALUES (1), (NULL)", rules =>
        {
            Declared(rules);
            rules.ForeignKeys.Add(DataServer.Points("tags.at", to));
        });
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews"), await clinic.CountAsync("tags")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L, 6L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("4 row(s) point at rows that would go, by the rule public.tags(at)"));
        await clinic.RunAsync("UPDATE tags SET at = 1");
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 990L)), healed.Reason);
    }

    [Test]
    public async Task An_approval_for_the_rows_answers_no_question_that_came_since()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "CREATE TABLE tags (at int)", rules =>
        {
            Declared(rules);
            rules.ForeignKeys.Add(DataServer.Points("tags.at", "reviews.id"));
        });
        clinic.Options.AutoHealing.MaxRowsPerRepair = 9;
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That(waiting.Reason, Does.Contain("20 rows are more than max_rows_per_repair (9)"));
        await ApproveAsync(clinic, waiting);
        await clinic.RunAsync("INSERT INTO tags VALUES (2)");

        var asked = await clinic.HealAsync(waiting);

        Assert.That((asked.WaitsForApproval, asked.ApprovedBy, await clinic.CountAsync("reviews")), Is.EqualTo((true, (string?)null, 1000L)), asked.Reason);
        Assert.That(asked.Reason, Does.StartWith("1 row(s) point at rows that would go, by the rule public.tags(at)").And.EndWith("; somebody has approved nothing that asks this: it wants to be read and approved again"));
        await ApproveAsync(clinic, asked);
        var healed = await clinic.HealAsync(asked);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 990L)), healed.Reason);
    }

    /// <summary>The plan as it is now, read and approved.</summary>
    private static async Task ApproveAsync(Clinic clinic, Incident incident)
    {
        var plan = await new PlanPreview(new TargetSet([clinic.Target]), HealerFactory.Repairs(Clinic.Checks, Clinic.Limits)).OfAsync(incident, CancellationToken.None);
        await new IncidentDecisions(clinic.Incidents, 3).ApproveAsync(incident.Id, "somebody", "seen", plan.Rows, PlanHash.BindingOf(plan), CancellationToken.None);
    }

    [Test]
    public async Task A_row_of_a_lookup_table_is_not_taken_from_under_its_values()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "CREATE TABLE tags (at int); INSERT INTO tags VALUES (1), (2), (102)", rules =>
        {
            Declared(rules);
            rules.AllowedValues.Add(new() { Column = ColumnList.Parse("tags.at"), Lookup = ColumnList.Parse("reviews.id"), OnViolation = RuleAction.Quarantine });
        });
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("2 row(s) point at rows that would go"));
    }

    [Test]
    public async Task Rows_that_came_to_refer_since_the_plan_are_not_taken_along()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var (incident, repair, session, plan) = await PlannedAsync(clinic);
        await using var connection = session.Connection;
        Assert.That(plan.Rows, Is.EqualTo(20));
        await clinic.RunAsync("INSERT INTO votes SELECT 10000 + i, (SELECT min(id) FROM reviews WHERE movie_id = 3) FROM generate_series(1, 1000) i");
        var result = await repair.ApplyAsync(session, plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);
        Assert.That((result.Outcome, await clinic.CountAsync("reviews"), await clinic.CountAsync("votes")), Is.EqualTo((RepairOutcome.Deferred, 1000L, 2000L)), result.Reason);
        Assert.That(result.Reason, Does.Contain("1020 row(s)").And.Contain("the 20 that it was planned for"));
        Assert.That((await repair.PlanAsync(session, incident, CancellationToken.None)).Rows, Is.EqualTo(1020), "the next plan tells of them");
    }

    [Test]
    public async Task A_window_does_not_open_the_cap()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        clinic.Options.AutoHealing.MaxRowsPerRepair = 9;
        clinic.NeverWait = false;
        var now = TimeProvider.System.GetUtcNow();
        (clinic.Target.Options.MaintenanceWindow, clinic.Target.Options.Policy["quarantining"]) = ($"{now.AddHours(-1):HH}:00-{now.AddHours(2):HH}:00 UTC", RepairPolicy.Window);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("20 rows are more than max_rows_per_repair (9)"));

        clinic.Options.AutoHealing.MaxRowsPerRepair = 10;
        await clinic.BehindTheKeysAsync("INSERT INTO movies VALUES (3); DELETE FROM movies WHERE id = 4");
        var approved = await new IncidentDecisions(clinic.Incidents, 3).ApproveAsync(waiting.Id, "somebody", "seen", CancellationToken.None);
        var healed = await clinic.HealAsync(approved);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 990L)), healed.Reason);
    }

    [Test]
    public async Task An_approval_is_good_for_the_rows_that_were_read_and_no_more()
    {
        await using var clinic = await Clinic.OpenAsync(Shop);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        var decide = new IncidentDecisions(clinic.Incidents, 3);
        await decide.ApproveAsync(waiting.Id, "somebody", "twenty rows, seen", rows: 20, CancellationToken.None);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 4");

        var grown = await clinic.HealAsync(waiting);

        Assert.That((grown.WaitsForApproval, grown.ApprovedBy, await clinic.CountAsync("reviews")), Is.EqualTo((true, (string?)null, 1000L)), grown.Reason);
        Assert.That(grown.Reason, Does.Contain("40 rows by now, and 20 were approved"));
        Assert.That(await clinic.CountAsync("pg_namespace WHERE nspname = 'healing_quarantine'"), Is.Zero);
        await decide.ApproveAsync(waiting.Id, "somebody", "forty, seen", rows: 40, CancellationToken.None);
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 980L)), healed.Reason);
    }

    [Test]
    public async Task A_set_null_key_is_nullified()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "ALTER TABLE reviews DROP CONSTRAINT reviews_movie_id_fkey, ADD FOREIGN KEY (movie_id) REFERENCES movies ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED");
        clinic.ApproveAll = true;
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var healed = await clinic.HealOnlyAsync();
        Assert.That((healed.State, healed.Repair), Is.EqualTo((IncidentState.Resolved, "nullify_orphans")), healed.Reason);
        Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("reviews WHERE movie_id IS NULL"), await clinic.CountAsync("healing_quarantine.rows")), Is.EqualTo((1000L, 10L, 10L)));
    }

    [Test]
    public async Task A_column_that_must_be_filled_is_not_nullified()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "ALTER TABLE reviews ALTER movie_id SET NOT NULL", r => r.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id", RuleAction.Nullify)));
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var refused = await clinic.HealOnlyAsync();
        Assert.That(refused.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(refused.Reason, Does.Contain("the column movie_id of public.reviews is NOT NULL"));
    }

    [Test]
    public async Task Partitions_soft_keys_and_hostile_names()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE SCHEMA "we""ird; DROP TABLE x--";
            CREATE TABLE "we""ird; DROP TABLE x--"."p'{0}" ("Id%" int PRIMARY KEY); INSERT INTO "we""ird; DROP TABLE x--"."p'{0}" SELECT generate_series(1, 10);
            CREATE TABLE "we""ird; DROP TABLE x--"."c""@x" (id int, "Ref'" int) PARTITION BY HASH (id);
            CREATE TABLE "we""ird; DROP TABLE x--"."c""1" PARTITION OF "we""ird; DROP TABLE x--"."c""@x" FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE "we""ird; DROP TABLE x--"."c""2" PARTITION OF "we""ird; DROP TABLE x--"."c""@x" FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO "we""ird; DROP TABLE x--"."c""@x" SELECT i, i FROM generate_series(1, 30) i
            """, r => r.ForeignKeys.Add(DataServer.Points("\"we\"\"ird; DROP TABLE x--\".\"c\"\"@x\".\"Ref'\"", "\"we\"\"ird; DROP TABLE x--\".\"p'{0}\".\"Id%\"")));
        var healed = await clinic.HealOnlyAsync();
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        Assert.That(await clinic.CountAsync("\"we\"\"ird; DROP TABLE x--\".\"c\"\"@x\""), Is.EqualTo(10));
        Assert.That(healed.Reason, Does.Contain("no constraint of its own"));
    }

    [Test]
    public async Task A_parent_that_comes_meanwhile_saves_its_rows()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id IN (3, 4)");
        var (incident, repair, session, plan) = await PlannedAsync(clinic);
        await using var connection = session.Connection;
        Assert.That((plan.Rows, plan.OptedIn, plan.Samples.Count), Is.EqualTo((40L, true, 20)), plan.Refuse);
        await clinic.RunAsync("INSERT INTO movies VALUES (3)");
        var result = await repair.ApplyAsync(session, plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);
        Assert.That((result.Outcome, result.RowsQuarantined), Is.EqualTo((RepairOutcome.Done, 10L)), result.Reason);
        Assert.That((await clinic.CountAsync("reviews WHERE movie_id = 3"), await clinic.CountAsync("reviews WHERE movie_id = 4")), Is.EqualTo((10L, 0L)));
    }

    /// <summary>The statement that locks the rows judges by what was there when it began.</summary>
    [Test]
    public async Task A_parent_that_comes_while_the_rows_are_being_locked_saves_its_rows()
    {
        const string Waits = """
            CREATE FUNCTION let_through() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN WHILE NOT pg_try_advisory_xact_lock_shared(4711) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN true; END';
            """;
        await using var clinic = await Clinic.OpenAsync(Shop + Waits, rules => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id", where: "(SELECT public.let_through())")));
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id IN (3, 4)");
        var (incident, repair, session, plan) = await PlannedAsync(clinic);
        await using var connection = session.Connection;
        await using var other = await Clinic.Cluster.OpenAsync(clinic.Database);
        await SayAsync("SELECT pg_advisory_lock(4711)");
        var applied = repair.ApplyAsync(session, plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);
        await Poll.UntilAsync(async _ => await clinic.CountAsync("pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'active' AND query LIKE '%FOR UPDATE OF c SKIP LOCKED%' AND datname = current_database()") == 1, TimeSpan.FromMinutes(1), "the rows to be locked");
        await SayAsync("INSERT INTO movies VALUES (3); SELECT pg_advisory_unlock(4711)");
        var result = await applied;
        Assert.That((result.Outcome, result.RowsQuarantined), Is.EqualTo((RepairOutcome.Done, 10L)), result.Reason);
        Assert.That((await clinic.CountAsync("reviews WHERE movie_id = 3"), await clinic.CountAsync("reviews WHERE movie_id = 4")), Is.EqualTo((10L, 0L)));

        async Task SayAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, other);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Test]
    public async Task Another_table_of_that_name_is_not_touched()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var (incident, repair, session, plan) = await PlannedAsync(clinic);
        await using var connection = session.Connection;
        await clinic.RunAsync("ALTER TABLE reviews RENAME TO reviews_of_old; CREATE TABLE reviews (LIKE reviews_of_old INCLUDING ALL); INSERT INTO reviews SELECT * FROM reviews_of_old");
        var result = await repair.ApplyAsync(session, plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);
        Assert.That((result.Outcome, result.RowsQuarantined), Is.EqualTo((RepairOutcome.Done, 10L)), result.Reason);
        Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("reviews_of_old")), Is.EqualTo((1000L, 990L)));
    }

    [Test]
    public async Task A_key_that_is_switched_off_wants_approval_even_of_what_a_rule_declares()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("ALTER TABLE reviews DISABLE TRIGGER ALL; DELETE FROM movies WHERE id = 3");
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingApproval, 1000L)));
        Assert.That(waiting.Reason, Does.Contain("is switched off"));
    }

    [Test]
    public async Task What_somebody_holds_is_left_and_comes_later()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var open = (await clinic.CheckAsync()).Single();
        await using (var other = await Clinic.Cluster.OpenAsync(clinic.Database))
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("UPDATE reviews SET note = 'mine' WHERE id = 202", other);
            await command.ExecuteNonQueryAsync();
            var deferred = await clinic.HealAsync(open);
            Assert.That(deferred.State, Is.EqualTo(IncidentState.AwaitingWindow), deferred.Reason);
            Assert.That(deferred.Reason, Does.Contain("held by others"));
            Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(991));
            await transaction.CommitAsync();
        }
        var healed = await clinic.HealAsync(open);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 990L)), healed.Reason);
        Assert.That(await clinic.CountAsync("healing_quarantine.rows WHERE 'mine' = ANY (vals)"), Is.EqualTo(1));
    }

    [Test]
    public async Task Broken_off_in_the_middle_it_goes_on_where_it_was()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + "CREATE TABLE many (id int PRIMARY KEY, m int REFERENCES movies); INSERT INTO many SELECT i, 5 FROM generate_series(1, 20000) i",
            r => r.ForeignKeys.Add(DataServer.Points("many.m", "movies.id")));
        clinic.Options.AutoHealing.MaxRowsPerRepair = 100_000;
        await clinic.BehindTheKeysAsync("DELETE FROM reviews WHERE movie_id = 5; DELETE FROM votes WHERE review NOT IN (SELECT id FROM reviews); DELETE FROM movies WHERE id = 5");
        var incident = (await clinic.CheckAsync()).Single();
        var repair = new QuarantineOrphans(Clinic.Limits);
        await using (var connection = (await clinic.SessionAsync()).Connection)
        {
            var session = new RepairSession(clinic.Target, await clinic.Target.FactsAsync(CancellationToken.None), connection, 1);
            var plan = await repair.PlanAsync(session, incident, CancellationToken.None);
            var apply = repair.ApplyAsync(session, plan, SnapshotProof.Waived(incident.Id), CancellationToken.None);
            while (await clinic.CountAsync("many") == 20000)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }
            await Clinic.Cluster.ExecuteAsync("postgres", $"SELECT pg_terminate_backend({connection.ProcessID})");
            Assert.That(async () => await apply, Throws.InstanceOf<NpgsqlException>());
        }
        var left = await clinic.CountAsync("many");
        Assert.That(left, Is.InRange(1, 19999));
        Assert.That(await clinic.CountAsync("healing_quarantine.rows"), Is.EqualTo(20000 - left));
        // a predecessor that was killed in its proof
        await clinic.RunAsync("ALTER TABLE many ADD CONSTRAINT healing_twin_77 FOREIGN KEY (m) REFERENCES movies NOT VALID");
        var healed = await clinic.HealAsync(incident);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        Assert.That((await clinic.CountAsync("many"), await clinic.CountAsync("healing_quarantine.rows")), Is.EqualTo((0L, 20000L)));
        Assert.That(await clinic.CountAsync("pg_constraint WHERE conname LIKE 'healing%'"), Is.Zero);
    }

    [Test]
    public async Task Damage_of_the_parent_comes_first()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var orphans = (await clinic.CheckAsync()).Single();
        var facts = await clinic.Target.FactsAsync(CancellationToken.None);
        var movies = await Clinic.Cluster.ScalarAsync<long>(clinic.Database, "SELECT 'movies'::regclass::oid::bigint");
        var finding = Finding.InBlock("heap", FindingKind.HeapPageInvalid, facts.Id, new(movies, "public.movies"), 0, [], "its page cannot be read");
        await clinic.Incidents.TakeInAsync(orphans.TargetId, new("heap", CheckStatus.Damaged, TimeSpan.Zero, null, [finding], []), null, 3, "test", CancellationToken.None);
        var deferred = await clinic.HealAsync(orphans);
        Assert.That((deferred.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingWindow, 1000L)), deferred.Reason);
        Assert.That(deferred.Reason, Does.Contain("heap_page_invalid").And.Contain("comes first"));
    }

    [Test]
    public async Task A_trigger_that_steps_in_is_refused_by_name()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + """
            CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keeper BEFORE DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION keep();
            """, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var refused = await clinic.HealOnlyAsync();
        Assert.That((refused.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Escalated, 1000L)));
        Assert.That(refused.Reason, Does.Contain("keeper"));
    }

    private static async Task<(Incident Incident, QuarantineOrphans Repair, RepairSession Session, RepairPlan Plan)> PlannedAsync(Clinic clinic)
    {
        var incident = (await clinic.CheckAsync()).Single();
        var repair = new QuarantineOrphans(Clinic.Limits);
        var session = await clinic.SessionAsync();
        return (incident, repair, session, await repair.PlanAsync(session, incident, CancellationToken.None));
    }
}
