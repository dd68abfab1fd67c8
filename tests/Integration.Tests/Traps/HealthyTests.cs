using HealingWorkers.Integration.Tests.Checks;
using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>What only looks sick.</summary>
[TestFixture]
internal sealed class HealthyTests
{
    private const string Zoo =
        """
        CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY, note text);
        INSERT INTO fleeting SELECT g, repeat('x', 3000) || g FROM generate_series(1, 200) g;
        CREATE TABLE parted (id int, name text) PARTITION BY LIST (id);
        CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
        CREATE INDEX parent_only ON ONLY parted (name);
        CREATE TABLE kinds (id int, words text[], place point, day date, late int, only_null int, price int);
        INSERT INTO kinds SELECT g, ARRAY['w' || g, 'w' || g % 7], point(g, g), date '2020-01-01' + g, g, NULL, g FROM generate_series(1, 2000) g;
        ALTER TABLE kinds ADD CONSTRAINT positive CHECK (late > 5) NOT VALID, ADD CONSTRAINT late_once UNIQUE (late) DEFERRABLE INITIALLY DEFERRED;
        CREATE INDEX kinds_hash ON kinds USING hash (id);
        CREATE INDEX kinds_gin ON kinds USING gin (words);
        CREATE INDEX kinds_gist ON kinds USING gist (place);
        CREATE INDEX kinds_brin ON kinds USING brin (day);
        CREATE INDEX kinds_null ON kinds (only_null);
        CREATE INDEX kinds_none ON kinds (id) WHERE id < 0;
        CREATE INDEX kinds_double ON kinds ((id % 10), day) INCLUDE (late);
        ALTER TABLE kinds ADD CONSTRAINT apart EXCLUDE USING gist (place WITH ~=);
        CREATE TABLE nothing (id int PRIMARY KEY, t text UNIQUE);
        CREATE TABLE shrunk (id int PRIMARY KEY, filler text);
        INSERT INTO shrunk SELECT g, repeat('f', 50) FROM generate_series(1, 20000) g;
        CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE COLLATION by_number (provider = icu, locale = 'und-u-kn-true');
        CREATE TABLE sorted (a text COLLATE no_case UNIQUE, b text COLLATE by_number);
        INSERT INTO sorted SELECT 'Name ' || g, 'Name ' || g FROM generate_series(1, 500) g;
        CREATE INDEX sorted_b ON sorted (b);
        CREATE INDEX sorted_hash ON sorted USING hash (a);
        CREATE TABLE of_extension (id int PRIMARY KEY);
        INSERT INTO of_extension SELECT generate_series(1, 100);
        ALTER EXTENSION amcheck ADD TABLE of_extension;
        CREATE MATERIALIZED VIEW seen AS SELECT id, title FROM movies;
        CREATE UNIQUE INDEX seen_once ON seen (id);
        CREATE INDEX "ends in_ccnew" ON movies (title);
        CREATE INDEX movies_title_idx_ccold ON movies (title);
        """;

    [Test]
    public async Task A_zoo_of_healthy_oddities_is_left_as_it_is()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        var place = Directory.CreateDirectory(Path.Combine(Hospital.Cluster.SocketDirectory, "space")).FullName;
        ServerUser.Current.Own(place);
        await Hospital.Cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE elsewhere LOCATION '{place}'");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Zoo);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE far (id int PRIMARY KEY USING INDEX TABLESPACE elsewhere, t text) TABLESPACE elsewhere; INSERT INTO far SELECT g, g FROM generate_series(1, 500) g");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DELETE FROM shrunk WHERE id BETWEEN 3000 AND 15000");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "VACUUM shrunk");
        await Hospital.Cluster.KillAsync();
        await Hospital.Cluster.StartAsync();
        NpgsqlConnection.ClearAllPools();
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM fleeting"), Is.Zero, "the crash has emptied it");
        await using var other = await Hospital.Cluster.OpenAsync(hospital.Database);
        await using (var temporary = new NpgsqlCommand("CREATE TEMP TABLE mine (id int PRIMARY KEY, t text COLLATE by_number CHECK (t < 'x')); INSERT INTO mine VALUES (1, 'a'); CREATE INDEX ON mine (t)", other))
        {
            await temporary.ExecuteNonQueryAsync();
        }
        var hashes = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        var report = await Trap.AssertUntouchedAsync(hospital);
        Assert.That(report["checks"]!.AsArray().Where(c => (string?)c!["status"] != "clean").Select(c => (string?)c!["reason"]), Is.All.Contain("it needs PostgreSQL"), report.ToJsonString());
        Assert.That(await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database), Is.EqualTo(hashes));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DROP TABLE far");
        await Hospital.Cluster.ExecuteAsync("postgres", "DROP TABLESPACE elsewhere");
    }

    [Test]
    public async Task What_a_failed_insert_left_in_an_index()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 10);
        await FailedGinInsert.LeaveAsync(Hospital.Cluster, hospital.Database);
        await Trap.AssertUntouchedAsync(hospital);
    }

    [Test]
    public async Task What_backs_a_constraint_or_a_partition_is_told_and_never_touched()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 10);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE parted (id int, name text) PARTITION BY LIST (id);
            CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
            CREATE INDEX whole ON parted (name);
            UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('movies_pkey'::regclass, 'parted_1_name_idx'::regclass);
            """);
        var report = await Trap.AssertUntouchedAsync(hospital, incidents: 2);
        Assert.That(report["findings"]!.AsArray().Select(f => (string?)f!["repair"]), Is.All.Null);
    }
}
