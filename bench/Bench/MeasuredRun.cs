using System.Diagnostics;
using System.Globalization;

namespace HealingWorkers.Bench;

/// <summary>One whole command: how long it took, and the most memory that it held.</summary>
internal sealed record MeasuredRun(double Seconds, double PeakMebibytes, string Output)
{
    public static async Task<MeasuredRun> OfAsync(ProcessStartInfo start, int[] exits, CancellationToken cancel)
    {
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {start.FileName}");
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        var ended = process.WaitForExitAsync(cancel);
        var peak = 0d;
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, Peak(process.Id));
            await Task.WhenAny(ended, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel));
        }
        await ended;
        var seconds = watch.Elapsed.TotalSeconds;
        return exits.Contains(process.ExitCode)
            ? new(seconds, peak, await output)
            : throw new InvalidOperationException($"{start.FileName} ended with {process.ExitCode}: {await error}{await output}");
    }

    private static double Peak(int process)
    {
        try
        {
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0; // it has just ended
        }
    }
}
