using System.Net;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Fleet;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Samples;

/// <summary>How the databases are doing is kept by one worker, goes with each incident, and reaches the warehouse whatever it does meanwhile.</summary>
[TestFixture]
public sealed class SampleTests
{
    private static int _ledgers;
    private PgCluster _cluster = null!;
    private string _directory = "";
    private string _ledger = "";
    private LedgerDb _db = null!;
    private HealingOptions _options = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.CreateDatabaseAsync("movies");
        await _cluster.CreateDatabaseAsync("books");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    [SetUp]
    public async Task OpenAsync()
    {
        _directory = Directory.CreateTempSubdirectory("samples-").FullName;
        _ledger = $"ledger{Interlocked.Increment(ref _ledgers)}";
        await _cluster.CreateDatabaseAsync(_ledger);
        await new Migrator(_cluster.ConnectionString(_ledger), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        _db = CalmLedger.At(_cluster.ConnectionString(_ledger));
        _options = new HealingOptions
        {
            // every look is another slot
            Samples = { Every = TimeSpan.FromMilliseconds(1) },
            Control = { Connection = _cluster.ConnectionString(_ledger) },
            Targets = [Named("movies"), Named("books")],
        };
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _db.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public async Task One_worker_keeps_them_and_another_goes_on_when_it_is_gone()
    {
        var (first, second) = (Keeper("first"), Keeper("second"));
        _options.Samples.Every = TimeSpan.FromDays(1000);
        await Task.WhenAll(first.KeepAsync(CancellationToken.None), second.KeepAsync(CancellationToken.None));
        await Task.WhenAll(first.KeepAsync(CancellationToken.None), second.KeepAsync(CancellationToken.None));
        var kept = await KeptAsync();
        Assert.That(kept.Select(k => $"{k.Role} {k.Name}"), Is.EquivalentTo(new[] { "control control", "target movies", "target books" }));
        var body = JsonNode.Parse(kept.First(k => k.Name == "movies").Body)!;
        foreach (var section in (string[])["server", "pool", "activity", "waits", "locks", "sizes", "replication", "statistics"])
            Assert.That(body[section], Is.Not.Null, section);
        _options.Samples.Every = TimeSpan.FromMilliseconds(1);
        await first.DisposeAsync();
        await second.DisposeAsync();
        await using var third = Keeper("third");
        await third.KeepAsync(CancellationToken.None);
        Assert.That(await KeptAsync(), Has.Count.EqualTo(6));
    }

    [Test]
    public async Task A_target_that_is_away_is_a_sample_that_says_so_and_the_others_are_kept()
    {
        _options.Targets[0].Connection = _cluster.ConnectionString("nobody");
        await using var keeper = Keeper();
        await keeper.KeepAsync(CancellationToken.None);
        var kept = (await KeptAsync()).ToDictionary(k => k.Name, k => JsonNode.Parse(k.Body)!, StringComparer.Ordinal);
        Assert.That(((string?)kept["movies"]["error"], kept["books"]["error"]), Is.EqualTo(((string?)kept["movies"]["error"], null as JsonNode)));
        Assert.That((string?)kept["movies"]["error"], Does.Contain("3D000"));
    }

    [Test]
    public async Task Each_incident_has_one_at_its_start_and_one_at_its_end()
    {
        var incident = await FindAsync();
        await using var keeper = Keeper();
        await keeper.KeepAsync(CancellationToken.None);
        await keeper.KeepAsync(CancellationToken.None);
        var ledger = new SampleLedger(_db);
        Assert.That((await ledger.MomentsAsync(incident, CancellationToken.None)).Select(m => m.Moment), Is.EqualTo(new[] { "start" }));
        await _cluster.ExecuteAsync(_ledger, "UPDATE healing.incidents SET state = 'Resolved', closed_at = clock_timestamp()");
        await keeper.KeepAsync(CancellationToken.None);
        var moments = await ledger.MomentsAsync(incident, CancellationToken.None);
        Assert.That(moments.Select(m => m.Moment), Is.EqualTo(new[] { "start", "end" }));
        Assert.That((string?)JsonNode.Parse(moments[1].Body)!["name"], Is.EqualTo("movies"));
    }

    [Test]
    public async Task A_warehouse_that_was_away_gets_everything_and_is_told_what_is_gone()
    {
        // A file where the directory is to be: nothing can be written.
        var warehouse = Path.Combine(_directory, "warehouse");
        await File.WriteAllTextAsync(warehouse, "");
        _options.Samples.Export = warehouse;
        await TimesAsync(4);
        Assert.That(await _cluster.ScalarAsync<string>(_ledger, "SELECT problem FROM healing.sample_exports"), Is.Not.Empty);
        // Retention takes the first two.
        await _cluster.ExecuteAsync(_ledger, "UPDATE healing.samples SET at = at - interval '2 days' WHERE slot IN (SELECT DISTINCT slot FROM healing.samples ORDER BY slot LIMIT 2)");
        await new Retention(_db).RunAsync(TimeSpan.FromDays(90), TimeSpan.FromDays(1), CancellationToken.None);
        File.Delete(warehouse);
        await TimesAsync(1);
        var lines = Delivered(warehouse);
        var kept = await KeptAsync();
        Assert.That(lines.Where(l => l["id"] is not null).Select(l => (long)l["id"]!), Is.EqualTo(kept.Select(k => k.Id)));
        Assert.That(kept, Has.Count.EqualTo(9));
        Assert.That(lines.Where(l => l["missing"] is not null).Select(l => (long)l["missing"]!), Is.EqualTo(new[] { 6L }));
        Assert.That((string?)lines[0]["from"], Is.Not.Null);
        await TimesAsync(1);
        Assert.That(Delivered(warehouse), Has.Count.EqualTo(13), "what is missing is told once");
    }

    [Test]
    public async Task Half_a_line_left_by_a_crash_spoils_no_other()
    {
        _options.Samples.Export = _directory;
        await TimesAsync(1);
        await File.AppendAllTextAsync(Directory.GetFiles(_directory).Single(), "{\"half\":");
        await TimesAsync(1);
        var lines = await File.ReadAllLinesAsync(Directory.GetFiles(_directory).Single());
        Assert.That((lines.Length, lines.Count(l => l.EndsWith('}'))), Is.EqualTo((7, 6)));
    }

    [Test]
    public async Task Over_http_it_is_sent_again_until_it_is_taken()
    {
        using var listener = new HttpListener();
        var port = FreePort.Pick();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        var (taken, tokens, refuse) = (new List<long>(), new List<string?>(), true);
        var serve = Task.Run(async () =>
        {
            while (listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
                var body = await new StreamReader(context.Request.InputStream).ReadToEndAsync();
                tokens.Add(context.Request.Headers["Authorization"]);
                if (!refuse)
                    taken.AddRange(body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (long)JsonNode.Parse(l)!["id"]!));
                context.Response.StatusCode = refuse ? 500 : 204;
                context.Response.Close();
            }
        });
        _options.Samples.Export = $"http://127.0.0.1:{port}/samples";
        _options.Samples.ExportToken = "secret";
        await TimesAsync(2);
        refuse = false;
        await TimesAsync(1);
        listener.Stop();
        await serve;
        Assert.That(taken, Is.EqualTo((await KeptAsync()).Select(k => k.Id)));
        Assert.That(tokens.Distinct(), Is.EqualTo(new[] { "Bearer secret" }));
    }

    [Test]
    public async Task The_command_shows_what_was_kept()
    {
        await TimesAsync(2);
        var config = Path.Combine(_directory, "healing.yaml");
        await File.WriteAllLinesAsync(config, [$"state_directory: '{_directory}/state'", $"control: {{ connection: '{_options.Control.Connection}' }}", "targets:", $"  - {{ name: movies, connection: '{_options.Targets[0].Connection}' }}"]);
        var all = await HealingProgram.RunAsync(["metrics", "--since", "1h", "--format", "jsonl", "--config", config]);
        var one = await HealingProgram.RunAsync(["metrics", "--since", "1h", "--target", "movies", "--config", config]);
        Assert.That((all.ExitCode, all.Output.Trim().Split('\n').Select(l => (string?)JsonNode.Parse(l)!["name"]).Count()), Is.EqualTo((0, 6)), all.ToString());
        Assert.That(JsonNode.Parse(one.Output)!["samples"]!.AsArray().Select(s => (string?)s!["name"]), Is.EqualTo(new[] { "movies", "movies" }));
        var wrong = await HealingProgram.RunAsync(["metrics", "--since", "yesterday", "--config", config]);
        Assert.That((wrong.ExitCode, wrong.Error), Is.EqualTo((1, wrong.Error)));
        Assert.That(wrong.Error, Does.Contain("no duration"));
    }

    private TargetOptions Named(string name) => new() { Name = name, Connection = _cluster.ConnectionString(name) };

    private SampleKeeper Keeper(string worker = "worker") => new(_options, _db, worker, TimeProvider.System, NullLogger<SampleKeeper>.Instance);

    /// <summary>Each time by another worker, so that none waits because it failed before.</summary>
    private async Task TimesAsync(int times)
    {
        for (var n = 0; n < times; n++)
        {
            await using var keeper = Keeper();
            await keeper.KeepAsync(CancellationToken.None);
        }
    }

    private Task<IReadOnlyList<KeptSample>> KeptAsync() => new SampleLedger(_db).ListAsync(new SampleFilter(), CancellationToken.None);

    private static List<JsonNode> Delivered(string directory) =>
        [.. Directory.GetFiles(directory).Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines).Select(l => JsonNode.Parse(l)!)];

    private async Task<long> FindAsync()
    {
        await using var target = new Target(_options.Targets[0], TimeProvider.System);
        var facts = await target.FactsAsync(CancellationToken.None);
        var ledger = new IncidentLedger(_db);
        var id = await ledger.RegisterTargetAsync("movies", facts, CancellationToken.None);
        var finding = Finding.Of("btree", FindingKind.BtreeCorrupt, facts.Id, new RelationName(1, "public.items_pkey"), "damaged for a test");
        return (await ledger.TakeInAsync(id, new CheckReport("btree", CheckStatus.Damaged, TimeSpan.Zero, null, [finding], [1]), null, 3, "test", CancellationToken.None)).Opened.Single().Id;
    }
}
