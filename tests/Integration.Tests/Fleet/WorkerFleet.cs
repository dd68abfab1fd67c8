using System.Globalization;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>
/// A whole fleet: a control cluster, a cluster of targets, and worker processes of the real executable,
/// whose fault can be set while they run.
/// </summary>
public sealed class WorkerFleet : IAsyncDisposable
{
    /// <summary>Long enough for a loaded machine, short enough for a take-over within a test.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private const int Usual = 3;
    private readonly string _directory;
    private readonly int _size;
    private readonly TimeSpan _lease;
    private readonly bool _ownsTarget;
    private readonly List<ChildProcess> _workers = [];
    private readonly List<ChildProcess> _dead = [];
    private IReadOnlyList<Patient> _patients = [];
    private int _faults;

    private WorkerFleet(PgCluster control, PgCluster target, bool ownsTarget, int size, TimeSpan lease)
    {
        (Control, Target, _ownsTarget, _size, _lease, _directory) = (control, target, ownsTarget, size, lease, Directory.CreateTempSubdirectory("fleet-").FullName);
        Ledger = new LedgerView(control);
    }

    public PgCluster Control { get; }

    public PgCluster Target { get; }

    public LedgerView Ledger { get; }

    /// <summary>Those that were started and have not been seen dead, frozen ones included.</summary>
    public IReadOnlyList<ChildProcess> Workers => _workers;

    private string FaultFile => Path.Combine(_directory, "fault");

    private string Config => Path.Combine(_directory, "healing.yaml");

    /// <param name="patients">Names of the targets; each is a database of its own.</param>
    /// <param name="watched">Those of them whose role may look and not repair.</param>
    /// <param name="lease">Null: short enough for a take-over within a test.</param>
    public static async Task<WorkerFleet> StartAsync(IReadOnlyList<string> patients, IReadOnlyList<string> watched, TimeSpan? lease = null)
    {
        var clusters = await Task.WhenAll(
            PgCluster.StartNewAsync(), PgCluster.StartNewAsync(Patient.Ward));
        var fleet = new WorkerFleet(clusters[0], clusters[1], ownsTarget: true, Usual, lease ?? Lease);
        return await fleet.BeginAsync(async () =>
        {
            fleet._patients = await Patient.AdmitAsync(fleet.Target, patients);
            return ["database: { auto_healing: { enabled: false } }", "targets:", .. patients.Select(p => fleet.LineOf(p, watched))];
        });
    }

    /// <summary>A fleet for targets of somebody else's, who says what is in its configuration.</summary>
    public static async Task<WorkerFleet> StartAsync(PgCluster target, IReadOnlyList<string> settings, int size) =>
        await new WorkerFleet(await PgCluster.StartNewAsync(), target, ownsTarget: false, size, Lease).BeginAsync(() => Task.FromResult(settings));

    private async Task<WorkerFleet> BeginAsync(Func<Task<IReadOnlyList<string>>> settings)
    {
        try
        {
            await ConfigureAsync(await settings());
            await FillUpAsync();
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public Patient PatientNamed(string name) => _patients.Single(p => p.Name == name);

    /// <summary>Starts as many workers as have died, and waits until all of the fleet is at work.</summary>
    public async Task FillUpAsync()
    {
        StartMissing();
        await Poll.UntilAsync(
            async _ => _workers.Find(w => w.HasExited) is { } ended
                ? throw new InvalidOperationException($"A worker ended with {ended.ExitCode}:\n{string.Join('\n', ended.All)}")
                : (await Ledger.WorkersAsync(_lease)).Intersect(_workers.Select(w => w.Pid)).Count() == _size,
            TimeSpan.FromSeconds(60), $"{_size} workers that report to the ledger");
    }

    /// <summary>The same without waiting, as an init system would.</summary>
    public void StartMissing()
    {
        SortOutTheDead();
        while (_workers.Count < _size)
        {
            _workers.Add(HealingProgram.Start(["worker", "--config", Config, "--log-level", "information"],
                new Dictionary<string, string?> { [FaultInjector.Variable] = "@" + FaultFile }));
        }
    }

    /// <summary>Runs one command to its end.</summary>
    public async Task<ProgramResult> RunAsync(params string[] arguments) =>
        await HealingProgram.RunAsync([.. arguments, "--config", Config]);

    /// <summary>Asks for a check, as a person would.</summary>
    public async Task TriggerAsync(string job, string target, string? table = null)
    {
        var result = await RunAsync(["trigger", job, "--target", target, .. table is null ? Array.Empty<string>() : ["--table", table]]);
        Assert.That(result.ExitCode, Is.Zero, $"healing trigger:\n{result}");
    }

    /// <summary>From now on the first worker that comes to the point is struck, once; the file says which it was.</summary>
    public string StrikeOnceAt(FaultPoint point, string mode)
    {
        var once = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"once-{++_faults}"));
        WriteFault($"{point}:{mode}:{once}");
        return once;
    }

    /// <summary>From now on every worker that comes to the point is struck.</summary>
    public void StrikeAlwaysAt(FaultPoint point) => WriteFault($"{point}:kill");

    public void Spare() => File.Delete(FaultFile);

    /// <summary>The worker that was struck, once it has been.</summary>
    public async Task<ChildProcess> StruckAsync(string once, TimeSpan patience)
    {
        var pid = 0;
        await Poll.UntilAsync(
            () => File.Exists(once) && int.TryParse(File.ReadAllText(once), NumberStyles.None, CultureInfo.InvariantCulture, out pid),
            patience, "a worker that came to the fault point");
        return _workers.Find(w => w.Pid == pid) ?? throw new InvalidOperationException($"Process {pid} is none of the workers.");
    }

    /// <summary>Whom a failed test has left frozen would be missed by all that follow.</summary>
    public async Task KillFrozenAsync()
    {
        foreach (var worker in _workers.Where(w => !w.HasExited && ProcessTable.IsStopped(w.Pid)))
        {
            worker.Send(Signal.Kill);
            await worker.WaitForExitAsync(TimeSpan.FromSeconds(10));
        }
    }

    /// <summary>Keeps killed workers out of <see cref="Workers"/>; gives how many there have been in all.</summary>
    public int SortOutTheDead()
    {
        _dead.AddRange(_workers.Where(w => w.HasExited));
        _workers.RemoveAll(w => w.HasExited);
        return _dead.Count;
    }

    /// <summary>What a failed test needs to be understood.</summary>
    public async Task TellAsync(string target)
    {
        await TestContext.Out.WriteLineAsync(await Ledger.TellAsync(target));
        await TestContext.Out.WriteLineAsync("the target's log:");
        await TestContext.Out.WriteLineAsync(string.Join('\n', Target.Log.Split('\n').Where(line => line.Contains($"@{target} ", StringComparison.Ordinal)
            && !line.Contains("testkit", StringComparison.Ordinal) && !line.Contains("LOG:  duration", StringComparison.Ordinal)).TakeLast(60)));
        foreach (var worker in _workers.Concat(_dead.TakeLast(3)))
        {
            await TestContext.Out.WriteLineAsync($"worker {worker.Pid} ({(worker.HasExited ? $"ended with {worker.ExitCode}" : "runs")}):");
            await TestContext.Out.WriteLineAsync(string.Join('\n', worker.All.TakeLast(60)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers.Where(w => !w.HasExited))
        {
            worker.Send(Signal.Kill);
        }
        foreach (var worker in _workers.Concat(_dead))
        {
            await worker.DisposeAsync();
        }
        await Control.DisposeAsync();
        if (_ownsTarget)
        {
            await Target.DisposeAsync();
        }
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Moved into place at once: a worker never reads half a line.</summary>
    private void WriteFault(string line)
    {
        File.WriteAllText(FaultFile + ".new", line);
        File.Move(FaultFile + ".new", FaultFile, overwrite: true);
    }

    private async Task ConfigureAsync(IReadOnlyList<string> settings)
    {
        await Control.CreateDatabaseAsync(LedgerView.Database);
        await File.WriteAllLinesAsync(Config,
        [
            $"state_directory: '{_directory}/state'",
            $"control: {{ connection: '{Control.ConnectionString(LedgerView.Database)}' }}",
            string.Create(CultureInfo.InvariantCulture, $"worker: {{ concurrency: 4, drain: 5s, lease: {_lease.TotalSeconds}s }}"),
            // What is to be checked, and when, is said by the tests.
            .. settings,
        ]);
    }

    private string LineOf(string patient, IReadOnlyList<string> watched) =>
        $"  - {{ name: {patient}, connection: '{Target.ConnectionString(patient, watched.Contains(patient, StringComparer.Ordinal) ? Patient.Watcher : null)}', data_directory: '{Target.DataDirectory}', critical_indexes: [{Patient.Index}] }}";
}
