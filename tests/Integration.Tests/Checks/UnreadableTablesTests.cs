using HealingWorkers.Jobs.Checks;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Tables that a role may not read, or not all of, are named by whoever leaves them out.</summary>
[TestFixture, NonParallelizable]
public sealed class UnreadableTablesTests
{
    private const string Role = "counts_little";
    private string _database = "";

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(_database, $"DO $$ BEGIN CREATE ROLE {Role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE TABLE hidden (id int PRIMARY KEY); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY");
    }

    [Test]
    public async Task Where_none_may_be_counted_the_check_is_unavailable()
    {
        var report = await CheckCluster.RunAsync(new CountsCheck(), _database, user: Role);
        Assert.That((report.Status, report.Examined.Count), Is.EqualTo((CheckStatus.Unavailable, 0)));
        Assert.That(report.Reason, Does.Contain($"table(s) not counted: ").And.Contain($"GRANT pg_read_all_data TO {Role}"));
    }

    [Test]
    public async Task Those_that_may_not_are_named_and_the_others_are_counted()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, $"GRANT SELECT ON people, hidden TO {Role}");
        var (people, hidden) = (await CheckCluster.OidAsync(_database, "people"), await CheckCluster.OidAsync(_database, "hidden"));
        var scope = CheckScope.OfTable(hidden);
        var report = await CheckCluster.RunAsync(new CountsCheck(), _database, user: Role);
        Assert.That((report.Status, report.Examined), Is.EqualTo((CheckStatus.Clean, new[] { people })), report.Reason);
        Assert.That(report.Reason, Does.Contain("table(s) not counted: "));
        var alone = await CheckCluster.RunAsync(new CountsCheck(), _database, scope, user: Role);
        Assert.That((alone.Status, alone.Reason), Is.EqualTo((CheckStatus.Unavailable, alone.Reason)));
        Assert.That(alone.Reason, Does.StartWith("1 table(s) not counted: public.hidden: ").And.Contain("BYPASSRLS"));
        var all = await CheckCluster.RunAsync(new CountsCheck(), _database, scope);
        Assert.That((all.Status, all.Reason, all.Examined), Is.EqualTo((CheckStatus.Clean, (string?)null, new[] { hidden })), "row security hides nothing from a superuser");
    }
}
