using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class CollationTests
{
    private const string Recorded = "SELECT collversion = pg_collation_actual_version(oid) FROM pg_collation WHERE collname = 'kit_order'";

    [Test]
    public async Task Every_dependent_index_is_rebuilt_before_the_version_is_refreshed()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Collation.CreateIndexAsync("movies", "title");
        await hospital.Damage.Collation.CreateIndexAsync("people", "name");
        await hospital.Damage.Collation.ChangeOrderAsync();
        Assert.That(await hospital.CheckAsync(), Has.Count.EqualTo(2), "both indexes are wrong under the new order");
        var found = (await FindAsync(hospital)).Single(i => i.Check == "collation");

        var outcome = await hospital.HealAsync(found.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, Recorded), Is.True);
        var sent = (await hospital.AttemptsAsync(found.Id)).Single().Statements!;
        Assert.That(sent, Does.Match("REINDEX INDEX CONCURRENTLY.*REINDEX INDEX CONCURRENTLY.*REFRESH VERSION"));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task An_index_over_strings_within_jsonb_is_rebuilt_before_the_version_of_the_database_is_refreshed()
    {
        if (PgBinaries.Default.Major < 15)
        {
            Assert.Ignore("Before PostgreSQL 15 a database cannot be ordered by ICU.");
        }
        await using var hospital = await Hospital.OpenAsync(rows: 500);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE notes (id int PRIMARY KEY, data jsonb);
            INSERT INTO notes SELECT i, jsonb_build_object('name', 'Note ' || i) FROM generate_series(1, 2000) i;
            CREATE UNIQUE INDEX notes_data_idx ON notes (data);
            """);
        await hospital.Damage.Collation.ChangeDefaultOrderAsync();
        NpgsqlConnection.ClearAllPools();
        hospital.Target.Forget();
        const string findable = "SELECT count(*) FROM generate_series(1, 2000) i, LATERAL (SELECT FROM notes WHERE data = jsonb_build_object('name', 'Note ' || i) LIMIT 1) n";
        Assert.That(await ByIndexAsync(hospital, findable), Is.LessThan(2000), "the index is wrong under the new order");

        var found = (await FindAsync(hospital)).Single();
        var outcome = await hospital.HealAsync(found.Id);

        Assert.That((found.Kind, outcome.State), Is.EqualTo((FindingKind.CollationVersion, IncidentState.Resolved)), outcome.Note);
        Assert.That((await hospital.AttemptsAsync(found.Id)).Single().Statements!, Does.Match("REINDEX INDEX CONCURRENTLY public.notes_data_idx.*REFRESH COLLATION VERSION"));
        Assert.That(await ByIndexAsync(hospital, findable), Is.EqualTo(2000));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task A_rebuild_that_duplicates_stop_leaves_the_warning_as_it_is()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Collation.CreateIndexAsync("movies", "title");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE UNIQUE INDEX unique_order ON people (name COLLATE kit_order)");
        await hospital.Damage.Unique.DuplicateRowsAsync("unique_order", overrides: new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 1000000" });
        await hospital.Damage.Collation.ChangeOrderAsync();
        var found = (await FindAsync(hospital)).Single();
        var outcome = await hospital.HealAsync(found.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.AwaitingWindow), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("duplicates"));
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, Recorded), Is.False);
        Assert.That((await hospital.AttemptsAsync(found.Id)).Single().Statements, Does.Not.Contain("REFRESH"));
    }

    [Test]
    public async Task Rows_that_stand_in_the_wrong_partition_are_a_persons_business()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Collation.CreateIndexAsync("movies", "title");
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE shelves (name text COLLATE kit_order) PARTITION BY RANGE (name);
            CREATE TABLE shelves_low PARTITION OF shelves FOR VALUES FROM (MINVALUE) TO ('m 2');
            CREATE TABLE shelves_high PARTITION OF shelves FOR VALUES FROM ('m 2') TO (MAXVALUE);
            INSERT INTO shelves VALUES ('m 10'), ('m 3');
            """);
        await hospital.Damage.Collation.ChangeOrderAsync();
        var outcome = await hospital.HealAsync((await FindAsync(hospital)).Single().Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("rows of public.shelves_low do not keep the bounds of its partition"));
        Assert.That(await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, Recorded), Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_new_order_that_no_version_tells_of_is_found_and_cured(bool ofTheDatabase)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 500);
        await hospital.Damage.Collation.CreateIndexAsync("movies", "title");
        Assert.That(await FindAsync(hospital), Is.Empty);
        await (ofTheDatabase ? hospital.Damage.Collation.ChangeDefaultOrderAsync(record: RecordedVersion.Equal) : hospital.Damage.Collation.ChangeOrderAsync(record: RecordedVersion.None));
        NpgsqlConnection.ClearAllPools();
        hospital.Target.Forget();
        var found = (await FindAsync(hospital)).Single();
        Assert.That(found.Kind, Is.EqualTo(FindingKind.CollationOrder));
        var outcome = await hospital.HealAsync(found.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await FindAsync(hospital), Is.Empty);
        await hospital.AssertSoundAsync();
    }

    private static async Task<long> ByIndexAsync(Hospital hospital, string count)
    {
        await using var connection = await Hospital.Cluster.OpenAsync(hospital.Database);
        await using var command = new NpgsqlCommand($"SET enable_seqscan = off; {count}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static Task<IReadOnlyList<Incident>> FindAsync(Hospital hospital) => hospital.CheckAsync(new CollationCheck());
}
