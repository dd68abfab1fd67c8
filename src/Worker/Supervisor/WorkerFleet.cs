using HealingWorkers.Jobs.Targets;
using System.Diagnostics;
using System.Globalization;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>The worker processes of one `healing up`: each is started again when it dies, and none outlives this one.</summary>
internal sealed partial class WorkerFleet(WorkerLaunch launch, int count, TimeProvider clock, ILogger<WorkerFleet> log)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>Runs them until cancelled; then asks them to stop, waits as long as they may drain, and ends what is left.</summary>
    public Task RunAsync(TimeSpan drain, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(1, count).Select(number => KeepAsync(number, drain, cancel)));

    private async Task KeepAsync(int number, TimeSpan drain, CancellationToken cancel)
    {
        var pause = TimeSpan.FromSeconds(1);
        while (!cancel.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            using (var process = launch.Start())
            {
                LogStarted(number, process.Id);
                await UntilOverAsync(process, drain, cancel).ConfigureAwait(false);
                if (cancel.IsCancellationRequested)
                {
                    return;
                }
                pause = clock.GetElapsedTime(started) > Settled ? TimeSpan.FromSeconds(1) : pause;
                LogDied(number, process.Id, process.ExitCode, pause.TotalSeconds.ToString("0", CultureInfo.InvariantCulture));
            }
            try
            {
                await Task.Delay(pause, clock, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task UntilOverAsync(Process process, TimeSpan drain, CancellationToken cancel)
    {
        try
        {
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return;
        }
        catch (OperationCanceledException)
        {
            // The end of its standard input says the same as the signal, should that one be lost.
            process.StandardInput.Close();
            _ = NativeCalls.Send(process.Id, NativeCalls.Terminate);
        }
        using var patience = new CancellationTokenSource(drain + TimeSpan.FromSeconds(5), clock);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            LogKilled(process.Id);
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "worker {Number} started as process {Pid}")]
    private partial void LogStarted(int number, int pid);

    [LoggerMessage(Level = LogLevel.Warning, Message = "worker {Number} (process {Pid}) ended with {Code}; started again in {Seconds} s")]
    private partial void LogDied(int number, int pid, int code, string seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "worker process {Pid} did not drain in time and was killed")]
    private partial void LogKilled(int pid);
}
