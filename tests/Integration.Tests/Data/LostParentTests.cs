using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>What points at rows that their table has lost is no rubbish: it is the last trace of them.</summary>
[TestFixture]
public sealed class LostParentTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY) WITH (autovacuum_enabled = off);
        INSERT INTO movies SELECT generate_series(1, 700);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies (id));
        INSERT INTO reviews SELECT i, i FROM generate_series(1, 700) i;
        """;

    private static void Declared(RulesOptions rules) => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id"));

    private static void LookedUp(RulesOptions rules) =>
        rules.AllowedValues.Add(new() { Column = ColumnList.Parse("reviews.movie_id"), Lookup = ColumnList.Parse("movies.id"), OnViolation = RuleAction.Nullify });

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_page_of_zeros_that_no_visibility_map_tells_of(bool byKey)
    {
        await using var clinic = await Clinic.OpenAsync(byKey ? Shop : Shop + "ALTER TABLE reviews DROP CONSTRAINT reviews_movie_id_fkey", byKey ? Declared : LookedUp);
        await new Damage(Clinic.Cluster, clinic.Database).Heap.ZeroPageAsync("movies", 1);
        var refused = await clinic.HealOnlyAsync();
        Assert.That((refused.State, await clinic.CountAsync("reviews WHERE movie_id IS NOT NULL")), Is.EqualTo((IncidentState.Escalated, 700L)), refused.Reason);
        Assert.That(refused.Reason, Does.Contain("heap_rows_lost at public.movies").And.Contain("public.movies has lost rows"));
    }

    [Test]
    public async Task A_file_that_lost_its_end()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await new Damage(Clinic.Cluster, clinic.Database).Heap.TruncateFileAsync("movies", 1);
        var found = (await clinic.CheckAsync()).Single();
        Assert.That(found.Detail, Does.Contain("whether public.movies has lost them cannot be told").And.Contain("XX001"));
        var refused = await clinic.HealAsync(found);
        Assert.That((refused.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Escalated, 700L)), refused.Reason);
        Assert.That(refused.Reason, Does.Contain("heap_rows_lost at public.movies"));
    }

    [Test]
    public async Task A_page_of_one_partition()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE movies (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE old PARTITION OF movies FOR VALUES FROM (0) TO (600) WITH (autovacuum_enabled = off);
            CREATE TABLE new PARTITION OF movies DEFAULT WITH (autovacuum_enabled = off);
            INSERT INTO movies SELECT generate_series(1, 700);
            CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies (id)); INSERT INTO reviews SELECT i, i FROM generate_series(1, 700) i
            """, Declared);
        await new Damage(Clinic.Cluster, clinic.Database).Heap.ZeroPageAsync("old", 1);
        var refused = await clinic.HealOnlyAsync();
        Assert.That((refused.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Escalated, 700L)), refused.Reason);
        Assert.That(refused.Reason, Does.Contain("heap_rows_lost at public.old"));
    }

    [Test]
    public async Task A_parent_of_which_no_index_could_tell_is_asked_about()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE movies (id int); INSERT INTO movies SELECT generate_series(1, 10);
            CREATE TABLE reviews (id int PRIMARY KEY, movie_id int); INSERT INTO reviews SELECT i, i FROM generate_series(1, 12) i
            """, Declared);
        var waiting = await clinic.HealOnlyAsync();
        Assert.That((waiting.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.AwaitingApproval, 12L)), waiting.Reason);
        Assert.That(waiting.Reason, Does.Contain("public.movies has no index that would still know of them"));
        clinic.ApproveAll = true;
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Resolved, 10L)), healed.Reason);
    }

    [Test]
    public async Task What_a_rule_calls_by_name_has_its_heirs_rows_too()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE media (id int PRIMARY KEY); INSERT INTO media VALUES (1), (2);
            CREATE TABLE movies (title text, PRIMARY KEY (id)) INHERITS (media); INSERT INTO movies SELECT i FROM generate_series(10, 700) i;
            CREATE TABLE reviews (id int PRIMARY KEY, media_id int, about int); INSERT INTO reviews SELECT i, i, i FROM generate_series(10, 700) i; INSERT INTO reviews VALUES (1, 1, 2), (5, 5, 1), (6, 1, 6)
            """, r =>
        {
            r.ForeignKeys.Add(DataServer.Points("reviews.media_id", "media.id"));
            r.AllowedValues.Add(new() { Column = ColumnList.Parse("reviews.about"), Lookup = ColumnList.Parse("media.id"), OnViolation = RuleAction.Nullify, Mark = "" });
        });
        var open = await clinic.CheckAsync();
        Assert.That(open.Select(i => i.Detail).ToList(), Has.Count.EqualTo(2).And.All.StartsWith("1 row(s)"));
        foreach (var incident in open)
        {
            var healed = await clinic.HealAsync(incident);
            Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        }
        Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("reviews WHERE about IS NULL"), await clinic.CountAsync("reviews WHERE id = 5")), Is.EqualTo((693L, 1L, 0L)));
    }

    [Test]
    public async Task An_heir_that_lost_rows_is_a_parent_that_lost_rows()
    {
        await using var clinic = await Clinic.OpenAsync("""
            CREATE TABLE media (id int PRIMARY KEY);
            CREATE TABLE movies (title text, PRIMARY KEY (id)) INHERITS (media) WITH (autovacuum_enabled = off); INSERT INTO movies SELECT generate_series(1, 700);
            CREATE TABLE reviews (id int PRIMARY KEY, media_id int); INSERT INTO reviews SELECT i, i FROM generate_series(1, 700) i
            """, r => r.ForeignKeys.Add(DataServer.Points("reviews.media_id", "media.id")));
        await new Damage(Clinic.Cluster, clinic.Database).Heap.ZeroPageAsync("movies", 1);
        var refused = await clinic.HealOnlyAsync();
        Assert.That((refused.State, await clinic.CountAsync("reviews")), Is.EqualTo((IncidentState.Escalated, 700L)), refused.Reason);
        Assert.That(refused.Reason, Does.Contain("heap_rows_lost at public.movies"));
    }

    [Test]
    public async Task Tables_that_refer_without_an_index_are_noted()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + """
            CREATE TABLE votes (id int PRIMARY KEY, review int REFERENCES reviews ON DELETE CASCADE);
            CREATE TABLE marks (vote int REFERENCES votes);
            CREATE TABLE likes (review int REFERENCES reviews ON DELETE CASCADE); CREATE INDEX ON likes (review);
            """, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var incident = (await clinic.CheckAsync()).Single();
        var session = await clinic.SessionAsync();
        await using var connection = session.Connection;
        var plan = await new QuarantineOrphans(Clinic.Limits).PlanAsync(session, incident, CancellationToken.None);
        Assert.That(plan.Notes, Has.Count.EqualTo(2), plan.Refuse);
        Assert.That(plan.Notes, Has.All.Contain("without an index").And.Some.StartsWith("public.votes refers to it by votes_review_fkey").And.Some.StartsWith("public.marks refers"));
    }
}
