using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Snapshots;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>From the evidence to the bytes of the damaged block, and to no file that is none of the snapshot's.</summary>
[TestFixture, NonParallelizable]
public sealed partial class KeptFilesTests
{
    private const int Block = 2;
    private const int PageSize = 8192;
    private readonly string _place = Directory.CreateTempSubdirectory("kept").FullName;
    private Stage _stage = null!;
    private Incident _incident = null!;
    private long _snapshot;

    private string Page => $"/incidents/{_incident.Id}/snapshots/{_snapshot}";

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o => o.StateDirectory = _place);
        _incident = await new Story(_stage.Db).DamageAsync("broken");
        var bytes = new byte[4 * PageSize];
        "the damaged one"u8.CopyTo(bytes.AsSpan(Block * PageSize + 4000));
        await File.WriteAllBytesAsync(Path.Combine(_place, "base_5_4711"), bytes);
        await File.WriteAllTextAsync(Path.Combine(Path.GetDirectoryName(_place)!, $"{Path.GetFileName(_place)}.secret"), "root:x:0:0");
        var manifest = new SnapshotManifest
        {
            Kind = "relation_files", Incident = _incident.Id, Attempt = 1, Target = "movies", SystemIdentifier = "7", Object = "public.broken", Way = "by reading its files", Lsn = null,
            TakenAt = DateTimeOffset.UnixEpoch, Note = null, Relations = [new(_incident.Object.Oid, "public.broken", "base/5/4711", 4711, 4, false)],
            Files =
            [
                new("base_5_4711", "base/5/4711", bytes.Length, "x"), new("../../../../../../etc/passwd", "x", 1, "x"), new("/etc/passwd", "x", 1, "x"),
                new($"../{Path.GetFileName(_place)}.secret", "x", 1, "x"),
            ],
        };
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync("UPDATE healing.incidents SET evidence = jsonb_build_object('table', 'public.broken', 'block', @Block)", new { Block });
        _snapshot = await connection.ExecuteScalarAsync<long>("INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, expires_at) VALUES (@Id, 1, 'relation_files', @_place, @Host, 1, 'x', @Manifest::jsonb, now() + interval '1 day') RETURNING id",
            new { _incident.Id, _place, Host = new Storage(_place).Name, Manifest = JsonSerializer.Serialize(manifest, LedgerJson.Options) });
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        await _stage.DisposeAsync();
        Directory.Delete(_place, recursive: true);
        File.Delete($"{_place}.secret");
    }

    [Test]
    public async Task The_evidence_leads_to_the_damaged_block_and_from_there_to_any_other()
    {
        var incident = await _stage.Http.GetStringAsync($"/incidents/{_incident.Id}");
        var address = Link().Match(incident).Groups[1].Value.Replace("&amp;", "&", StringComparison.Ordinal);
        Assert.That(address, Is.EqualTo($"{Page}?file=base_5_4711&block={Block}"));
        Assert.That(await _stage.Http.GetStringAsync(Page), Does.Contain($"The damage is in block {Block}"));
        var bytes = await _stage.Http.GetStringAsync(address);
        Assert.That(bytes, Does.Contain("page 2 of 4").And.Contain("the damaged one").And.Contain("name=\"block\"").And.Contain("name=\"file\" value=\"base_5_4711\"").And.Contain("0 to 3"));
        Assert.That(await _stage.Http.GetStringAsync($"{Page}?file=base_5_4711&block=3"), Does.Contain("page 3 of 4").And.Not.Contain("the damaged one"));
    }

    [TestCase("../../../../../../etc/passwd")]
    [TestCase("/etc/passwd")]
    [TestCase("../{0}.secret")]
    [TestCase("..%2f..%2fetc%2fpasswd")]
    [TestCase("manifest.json")]
    [TestCase("")]
    public async Task No_name_leads_out_of_the_snapshot_not_even_one_that_its_manifest_has(string name)
    {
        var answer = await _stage.Http.GetAsync($"{Page}?file={Uri.EscapeDataString(name.Replace("{0}", Path.GetFileName(_place), StringComparison.Ordinal))}");
        Assert.That((int)answer.StatusCode, Is.EqualTo(404));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain("root:"));
    }

    [TestCase("x", 400)]
    [TestCase("-1", 400)]
    [TestCase("4", 404)]
    [TestCase("99999999999999999999", 400)]
    public async Task A_page_that_is_none_is_told_as_such(string block, int status) =>
        Assert.That((int)(await _stage.Http.GetAsync($"{Page}?file=base_5_4711&block={block}")).StatusCode, Is.EqualTo(status));

    [TestCase("{}")]
    [TestCase("{\"files\": [\"base/5/4711\"]}")]
    [TestCase("[]")]
    public async Task A_manifest_of_another_version_costs_no_page(string manifest)
    {
        await using var connection = await _stage.Db.Source.OpenConnectionAsync();
        var odd = await connection.ExecuteScalarAsync<long>("INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, expires_at) VALUES (@Id, 2, 'relation_files', @_place, 'elsewhere', 1, 'x', @manifest::jsonb, now() + interval '1 day') RETURNING id",
            new { _incident.Id, _place, manifest });
        Assert.That((int)(await _stage.Http.GetAsync($"/incidents/{_incident.Id}")).StatusCode, Is.EqualTo(200));
        var page = await _stage.Http.GetAsync($"/incidents/{_incident.Id}/snapshots/{odd}");
        Assert.That((int)page.StatusCode, Is.EqualTo(404));
        Assert.That(await page.Content.ReadAsStringAsync(), Does.Contain("cannot be read by this version").And.Contain(_place));
    }

    [GeneratedRegex("<a href=\"([^\"]+)\">as it was kept</a>")]
    private static partial Regex Link();
}
