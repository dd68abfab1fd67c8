using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>A table that another check found dangerous to read is not read by the others: the server counts.</summary>
[TestFixture, NonParallelizable]
public sealed class KnownDamageTests
{
    private string _database = "";

    private static IEnumerable<ICheck> OfRows => [new BtreeCheck(), new DuplicateKeysCheck(), new VisibilityCheck(), new CountsCheck(), new RowConstraintsCheck(), new ForeignKeysCheck()];

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE EXTENSION pg_visibility; ALTER TABLE movies ADD CONSTRAINT long_ago CHECK (year > 1000)");
        await CheckCluster.Cluster.ExecuteAsync(_database, "VACUUM");
    }

    [TestCaseSource(nameof(OfRows))]
    public async Task A_table_with_deadly_rows_is_left_alone_and_is_not_called_sound(ICheck check)
    {
        var movies = await CheckCluster.OidAsync(_database, "movies");
        var about = (await CheckCluster.Cluster.QueryAsync<long>(_database, "SELECT indexrelid::bigint FROM pg_index WHERE indrelid = 'movies'::regclass")).Append(movies).ToList();
        var before = await ReadsAsync();
        await RunAsync(check, KnownDamage.None);
        var free = await ReadsAsync();
        Assert.That(free, Is.GreaterThan(before), "else it would not be about this check");

        var report = await RunAsync(check, KnownDamage.Of([(FindingKind.HeapTupleUnreadable, movies)]));

        Assert.That(await ReadsAsync(), Is.EqualTo(free), "nobody read a page of it or of its indexes");
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.Not.EqualTo(CheckStatus.Failed), report.Reason);
        Assert.That(report.Examined.Intersect(about), Is.Empty);
        Assert.That(report.LeftAlone, "a second look tells more once that is repaired");
        Assert.That(report.Reason, Does.Match(@"not looked at: \S*movie\S*: (public\.movies, which public\.\w+ points at: |public\.movies: )?it has rows that are deadly to read \(see heap, or the incident deadly_read\)"));
    }

    private async Task<CheckReport> RunAsync(ICheck check, KnownDamage known)
    {
        await using var target = CheckCluster.Target(_database);
        return await check.RunAsync(new(target, CheckScope.All) { Known = known }, CancellationToken.None);
    }

    /// <summary>Pages of movies and of its indexes that sessions asked for; each tells when it ends.</summary>
    private async Task<long> ReadsAsync()
    {
        await Poll.UntilAsync(async ct => await CheckCluster.Cluster.ScalarAsync<long>(_database,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'healing%'", ct: ct) == 0, TimeSpan.FromSeconds(20), "the sessions of the check have ended");
        return await CheckCluster.Cluster.ScalarAsync<long>(_database,
            "SELECT (heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0))::bigint FROM pg_statio_user_tables WHERE relid = 'movies'::regclass");
    }

    [Test]
    public async Task Entries_of_an_index_of_such_a_table_are_not_compared()
    {
        await using var target = CheckCluster.Target(_database);
        var movies = await CheckCluster.OidAsync(_database, "movies");
        var report = await new IndexProbeCheck().RunAsync(new(target, CheckScope.All) { Known = KnownDamage.Of([(FindingKind.HeapTupleUnreadable, movies)]) }, CancellationToken.None);
        Assert.That(report.ExaminedNames, Has.None.StartsWith("public.movies").And.Some.StartsWith("public.people"), report.Reason);
        Assert.That(report.Reason, Is.EqualTo("1 table(s) not looked at: public.movies: it has rows that are deadly to read (see heap, or the incident deadly_read)"));
    }

    [Test]
    public async Task A_table_is_known_by_the_damage_of_its_index_and_then_not_read_by_an_index()
    {
        var damage = new Damage(CheckCluster.Cluster, _database);
        await damage.Index.ZeroLeafAsync("movies_title_idx", 2);
        var known = KnownDamage.Of([await CheckCluster.RunAsync(new BtreeCheck(), _database)]);
        var movies = await CheckCluster.OidAsync(_database, "movies");
        Assert.That((known.WhyNotRows(movies), known.WhyNotAtAll(movies) is not null), Is.EqualTo(((string?)null, true)));
        await using var target = CheckCluster.Target(_database);
        var counted = await new CountsCheck().RunAsync(new(target, CheckScope.OfTable(movies)) { Known = known }, CancellationToken.None);
        Assert.That(counted.Examined, Does.Not.Contain(movies));
        Assert.That(counted.Reason, Is.EqualTo("1 table(s) not looked at: public.movies: it has an index that may lead in a circle, or that is deadly to read (see btree)"));
        Assert.That((await new CountsCheck().RunAsync(new(target, CheckScope.OfTable(movies)), CancellationToken.None)).Examined, Does.Contain(movies));
    }
}
