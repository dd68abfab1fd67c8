using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Integration.Tests.Deploy;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Runbooks;

/// <summary>Every command of the runbooks, run as it is written, page by page, on a server with a standby, a backup, a healed index and rows in quarantine.</summary>
[TestFixture, NonParallelizable]
public sealed partial class RunbookTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private PgCluster _cluster = null!;
    private PgStandby _standby = null!;
    private HealingProgram _healing = null!;
    private (long Index, long Rows) _incidents;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(_cluster, "movies", 500);
        _standby = await PgStandby.StartNewAsync(_cluster, "db2");
        _healing = new HealingProgram();
        _healing.Environment["HEALING__WORKER__LEASE"] = "5m";
        await File.WriteAllTextAsync(Path.Combine(_healing.Root, "healing.yaml"),
            $"""
            snapshots:
              base_backup: never
            targets:
              - name: movies
                connection: "{_cluster.ConnectionString("movies")}"
                data_directory: {_cluster.DataDirectory}
                standbys:
                  - name: db2
                    connection: "{_standby.ConnectionString("movies")}"
            """);
        var damage = new Damage(_cluster, "movies");
        await damage.Index.ZeroLeafAsync("movies_title_idx");
        var index = await HealAsync("movies_title_idx");
        await damage.Orphans.DeleteParentsAsync("movies", "id = 7");
        _incidents = (index, await HealAsync("orphan"));
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_healing is not null)
        {
            await _healing.DisposeAsync();
        }
        if (_standby is not null)
        {
            await _standby.DisposeAsync();
        }
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [TestCase("preflight")]
    [TestCase("backups")]
    [TestCase("failover")]
    [TestCase("rollback")]
    [TestCase("after")]
    [TestCase("forensics")]
    public async Task Every_command_of_a_runbook_does_what_it_says(string page)
    {
        if (page == "forensics" && (!File.Exists("/usr/bin/pg_filedump") || !File.Exists($"/usr/share/postgresql/{PgBinaries.Default.Major}/extension/pg_dirtyread.control")))
        {
            Assert.Ignore("postgresql-filedump and pg_dirtyread are not installed.");
        }
        var text = await File.ReadAllTextAsync(Clone.File($"docs/runbooks/{page}.md"));
        var commands = string.Join('\n', Blocks().Matches(text).Select(m => Indent().Replace(m.Groups[2].Value, "")));
        Assert.That(commands, Does.Contain("psql").Or.Contain("healing"));
        var work = Directory.CreateTempSubdirectory("w-").FullName;
        File.SetUnixFileMode(work, (UnixFileMode)Convert.ToInt32("755", 8));
        try
        {
            var environment = new Dictionary<string, string?>(_healing.Environment, StringComparer.Ordinal)
            {
                ["TARGET"] = "movies", ["STANDBY"] = "db2", ["INCIDENT"] = $"{(page == "rollback" ? _incidents.Rows : _incidents.Index)}",
                ["PGHOST"] = _cluster.SocketDirectory, ["PGPORT"] = $"{_cluster.Port}", ["PGUSER"] = "postgres", ["PGDATABASE"] = "movies", ["PAGER"] = "cat", ["HEALING__BACKUPS__PROVIDER"] = "pg_basebackup",
                ["CONNECTION"] = _cluster.ConnectionString("movies"), ["WORK"] = work, ["BIN"] = PgBinaries.Default.Directory,
                ["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}",
            };
            var script = Path.Combine(work, "page.sh");
            await File.WriteAllTextAsync(script, commands);
            await using var shell = ChildProcess.Start("bash", ["-eux", script], environment, _healing.Root);
            var code = await shell.WaitForExitAsync(Patience);
            Assert.That(code, Is.Zero, string.Join('\n', shell.All.TakeLast(60)));
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    /// <summary>Looks and heals; gives the incident that names it.</summary>
    private async Task<long> HealAsync(string what)
    {
        var (_, said, error) = await _healing.RunAsync("heal", "--target", "movies", "--approve-all", "--format", "json");
        var found = System.Text.Json.Nodes.JsonNode.Parse(said)!["incidents"]!.AsArray().Where(i => i!.ToJsonString().Contains(what, StringComparison.Ordinal)).ToList();
        Assert.That(found, Is.Not.Empty, said + error);
        Assert.That(found.Select(i => i!["state"]!.ToString()), Is.All.EqualTo("Resolved"), said);
        return (long)found[0]!["id"]!;
    }

    [GeneratedRegex(@"^( *)```sh\n(.*?)\n *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("^ {3}", RegexOptions.Multiline)]
    private static partial Regex Indent();
}
