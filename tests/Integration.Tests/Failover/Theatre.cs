using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>A primary with two standbys, and a ledger on another server, which outlives them.</summary>
internal sealed class Theatre : IAsyncDisposable
{
    public const string Database = "movies";
    public const string Hostile = "\"we\"\"ird; DROP TABLE x--\".\"Order's\"";
    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("healing-failover-");

    private Theatre(PgCluster primary, PgStandby one, PgStandby two, FreshLedger ledger) => (Primary, One, Two, Ledger) = (primary, one, two, ledger);

    public PgCluster Primary { get; }
    public PgStandby One { get; }
    public PgStandby Two { get; }
    public FreshLedger Ledger { get; }
    public IncidentLedger Incidents => new(Ledger.Db);
    public FailoverLedger Failovers => new(Ledger.Db);

    public static async Task<Theatre> OpenAsync()
    {
        var ledger = await FreshLedger.CreateAsync();
        var primary = await PgCluster.StartNewAsync();
        await primary.CreateDatabaseAsync(Database);
        await primary.ExecuteAsync(Database,
            """
            CREATE EXTENSION amcheck;
            CREATE TABLE notes (id bigint PRIMARY KEY, body text);
            INSERT INTO notes SELECT n, 'a note that says ' || n FROM generate_series(1, 3000) n;
            CREATE SCHEMA "we""ird; DROP TABLE x--";
            CREATE TABLE "we""ird; DROP TABLE x--"."Order's" (t int, "select" text);
            INSERT INTO "we""ird; DROP TABLE x--"."Order's" SELECT n, 'row ' || n FROM generate_series(1, 500) n;
            CREATE TABLE secret (id int); ALTER TABLE secret ENABLE ROW LEVEL SECURITY; INSERT INTO secret VALUES (1);
            """);
        var one = await PgStandby.StartNewAsync(primary, "one");
        return new(primary, one, await PgStandby.StartNewAsync(primary, "two"), ledger);
    }

    public string File(string name) => Path.Combine(_files.FullName, name);

    public TargetOptions Options(Action<TargetOptions>? adjust = null)
    {
        var options = new TargetOptions
        {
            Name = Database,
            Connection = Primary.ConnectionString(Database),
            Standbys = { new() { Name = "one", Connection = One.ConnectionString(Database) }, new() { Name = "two", Connection = Two.ConnectionString(Database) } },
        };
        adjust?.Invoke(options);
        return options;
    }

    public Target Target(Action<TargetOptions>? adjust = null) => new(Options(adjust), TimeProvider.System);

    public async Task<CheckReport> CheckAsync(ICheck check, Action<TargetOptions>? adjust = null)
    {
        await using var target = Target(adjust);
        return await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
    }

    /// <summary>As the health check does it: the target is known, and how its standbys were.</summary>
    public async Task<long> KnowAsync()
    {
        await using var target = Target();
        var id = await Incidents.RegisterTargetAsync(Database, await target.FactsAsync(CancellationToken.None), CancellationToken.None);
        await new TargetLooks(Ledger.Db).SaveAsync(id, await TargetLook.TakeAsync(target, CancellationToken.None), CancellationToken.None);
        return id;
    }

    public Promotion Promotion(Target target, Action<FailoverStation>? at = null) => new(target, Ledger.Db, "somebody", TimeProvider.System) { Lease = TimeSpan.FromSeconds(2), At = at ?? (_ => { }) };

    public async Task<string> RefusedAsync(string standby, Action<TargetOptions>? adjust = null)
    {
        await using var target = Target(adjust);
        var e = await NUnit.Framework.Assert.ThrowsAsync<Jobs.Errors.HealingException>(() => Promotion(target).RunAsync(standby, "a test", _ => { }, CancellationToken.None));
        return e!.Message;
    }

    /// <summary>Writes other letters into a row of a standby's file, as a disk would, under a checksum that fits or does not.</summary>
    public async Task FlipAsync(PgStandby standby, string table, string from, string to, bool fitting = true)
    {
        await Primary.ExecuteAsync(Database, "CHECKPOINT");
        await standby.WaitForReplayAsync();
        await standby.ExecuteAsync(Database, "CHECKPOINT");
        var path = await standby.ScalarAsync<string>(Database, "SELECT pg_relation_filepath(@table)", new { table });
        await standby.StopAsync();
        var file = new PageFile(Path.Combine(standby.DataDirectory, path!));
        var (old, now) = (System.Text.Encoding.ASCII.GetBytes(from), System.Text.Encoding.ASCII.GetBytes(to));
        for (long block = 0; block < file.BlockCount; block++)
        {
            var page = file.Read(block);
            if (page.AsSpan().IndexOf(old) is >= 0 and var at)
            {
                now.CopyTo(page.AsSpan(at));
                file.Write(block, page, fixChecksum: fitting);
                await standby.StartAsync();
                return;
            }
        }
        throw new InvalidOperationException($"{from} is nowhere in {table}");
    }

    public async ValueTask DisposeAsync()
    {
        await Two.DisposeAsync();
        await One.DisposeAsync();
        await Primary.DisposeAsync();
        await Ledger.DisposeAsync();
        _files.Delete(recursive: true);
    }
}
