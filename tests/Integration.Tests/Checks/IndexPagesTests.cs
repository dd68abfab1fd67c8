using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Pages that say nothing of their index, first pages that are none, and files that cannot be read.</summary>
[TestFixture, NonParallelizable]
public sealed class IndexPagesTests
{
    private static readonly IndexProbeCheck Check = new();
    private string _database = "";

    private static PgCluster Cluster => CheckCluster.Cluster;

    [SetUp]
    public async Task CreateAsync() => _database = await CheckCluster.MoviesAsync();

    [Test]
    public async Task Pages_that_a_failed_insert_left_behind_are_no_damage()
    {
        await FailedGinInsert.LeaveAsync(Cluster, _database);
        Assert.That(await Cluster.ScalarAsync<long>(_database, "SELECT count(*) FROM tagged"), Is.EqualTo(2000));

        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason + string.Join('\n', report.Findings.Select(f => f.Detail)));
        Assert.That(report.ExaminedNames, Does.Contain("public.tagged_gin"));

        await Cluster.ExecuteAsync(_database, "INSERT INTO tagged SELECT i, ARRAY['late' || i] FROM generate_series(3001, 3100) i");
        var (row, offset) = await LastRowAsync();
        await new Damage(Cluster, _database).Row.LinePointerUnusedAsync("tagged", new(row, offset));
        report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.HeapRowsLost, "public.tagged") }), "what the list that is in use leads to");
    }

    [TestCase("hash", 1)]
    [TestCase("gin", 1)]
    [TestCase("spgist", 1)]
    public async Task Another_page_in_place_of_the_first(string method, int other)
    {
        await Cluster.ExecuteAsync(_database, $"""
            CREATE TABLE worded (id int, word text, tags text[]);
            INSERT INTO worded SELECT i, 'w' || i, ARRAY['t' || i] FROM generate_series(1, 2000) i;
            CREATE INDEX worded_other ON worded USING {method} ({(method == "gin" ? "tags" : "word")});
            """);
        await Cluster.ExecuteAsync(_database, "VACUUM worded");
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Findings, Is.Empty);
        await new RelationEditor(Cluster, _database).EditAsync("worded_other", null, (file, fix) => file.Write(0, file.Read(other), fix));
        var report = await CheckCluster.RunAsync(Check, _database);
        var found = report.Findings.Single(f => f.Kind == FindingKind.IndexCorrupt);
        Assert.That((found.Object.Quoted, (long)found.Evidence["blocks"]![0]!), Is.EqualTo(("public.worded_other", 0L)));
    }

    [Test]
    public async Task A_key_that_can_be_computed_only_of_the_rows_that_belong_in()
    {
        await Cluster.ExecuteAsync(_database, """
            CREATE TABLE divided (id int);
            INSERT INTO divided SELECT i % 100 FROM generate_series(1, 2000) i;
            CREATE INDEX divided_hash ON divided USING hash ((100 / id)) WHERE id <> 0;
            """);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That((report.Status, report.Reason), Is.EqualTo((CheckStatus.Clean, (string?)null)));
        Assert.That(report.ExaminedNames, Does.Contain("public.divided_hash"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_file_that_the_disk_does_not_give_costs_only_what_lies_in_it(bool index)
    {
        await Cluster.ExecuteAsync(_database, """
            CREATE TABLE worded (id int PRIMARY KEY, word text);
            INSERT INTO worded SELECT i, 'w' || i FROM generate_series(1, 2000) i;
            CREATE INDEX worded_hash ON worded USING hash (word);
            CREATE TABLE sound (id int PRIMARY KEY);
            """);
        await new Damage(Cluster, _database).OtherIndex.ZeroPageAsync("worded_hash");
        await using var target = CheckCluster.Target(_database);
        await using var connection = await target.OpenCheckAsync(CancellationToken.None);
        var facts = await target.FactsAsync(CancellationToken.None);
        var request = new CheckRequest(target, CheckScope.All);
        var path = await Cluster.ScalarAsync<string>(_database, $"SELECT pg_relation_filepath('{(index ? "worded_pkey" : "worded")}')");
        var files = new BadSector((await ServerFilesFinder.FindAsync(target, facts, connection, CancellationToken.None))!, path!);
        var deadly = await DeadlyReads.OpenAsync(IndexProbeCheck.CheckName, request, facts, CancellationToken.None);
        var probe = new TableProbe(request, files, deadly, facts.DataChecksums);
        var all = await ProbedIndexes.ReadAsync(connection, CheckScope.All, CancellationToken.None);
        var suspected = await probe.SuspectAsync([.. all.Where(i => i.BareName is "worded_pkey" or "worded_hash")], CancellationToken.None);
        await Cluster.ExecuteAsync(_database, "CHECKPOINT");
        var held = await probe.ConvictAsync(suspected, true, CancellationToken.None);
        Assert.That(held.Select(s => s.Index.BareName), Is.EqualTo(index ? ["worded_hash"] : Array.Empty<string>()));
        Assert.That(probe.Open, Has.Count.EqualTo(index ? 1 : 2).And.All.Contain("Input/output error"));
    }

    [Test]
    public async Task Files_of_a_server_with_other_pages_are_not_read()
    {
        await using var target = CheckCluster.Target(_database);
        await using var connection = await target.OpenCheckAsync(CancellationToken.None);
        var facts = await target.FactsAsync(CancellationToken.None);
        Assert.That(facts.HasUsualPages, Is.True);
        Assert.That(await ServerFilesFinder.FindAsync(target, facts, connection, CancellationToken.None), Is.Not.Null);
        var other = facts with { HasUsualPages = false };
        Assert.That(await ServerFilesFinder.FindAsync(target, other, connection, CancellationToken.None), Is.Null);
        Assert.That(ServerFilesFinder.WhyNot(other), Does.Contain("8 kB"));
    }

    private async Task<(uint Block, ushort Offset)> LastRowAsync()
    {
        var place = (await Cluster.ScalarAsync<string>(_database, "SELECT max(ctid)::text FROM tagged"))!.Trim('(', ')').Split(',');
        return (uint.Parse(place[0], System.Globalization.CultureInfo.InvariantCulture), ushort.Parse(place[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>No disk here has a sector that cannot be read.</summary>
    private sealed class BadSector(IServerFiles files, string bad) : IServerFiles
    {
        public string Way => files.Way;

        public Task<long?> LengthAsync(string path, CancellationToken cancel) => files.LengthAsync(path, cancel);

        public Task<int> ReadAsync(string path, long offset, Memory<byte> into, CancellationToken cancel) =>
            path == bad ? throw new IOException("Input/output error") : files.ReadAsync(path, offset, into, cancel);
    }
}
