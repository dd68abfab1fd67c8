using System.Globalization;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Whose a clone is: what tells one in use from one that a dead process left.</summary>
/// <param name="Started">Of the process, in clock ticks since boot: with the pid it names a process for good.</param>
/// <param name="Kept">A person asked to keep it, until its day is over.</param>
internal sealed record CloneMarker(int Pid, long Started, string Worker, string Host, DateTimeOffset MadeAt, string Purpose, bool Kept = false)
{
    public const string FileName = "clone.json";

    /// <summary>No proof and no rehearsal takes longer, and nobody looks at a kept one for longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static CloneMarker Own(string worker, string purpose, DateTimeOffset now) =>
        new(Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0, worker, Environment.MachineName, now, purpose);

    public static CloneMarker? Read(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<CloneMarker>(File.ReadAllBytes(Path.Combine(folder, FileName)), LedgerJson.Options);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public Task WriteAsync(string folder, CancellationToken cancel) =>
        File.WriteAllBytesAsync(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, LedgerJson.Options), cancel);

    /// <summary>Of another host's process nothing is seen from here but how long ago it began.</summary>
    public bool IsInUse(DateTimeOffset now) =>
        Host == Environment.MachineName && !Kept ? StartOf(Pid) == Started : now - MadeAt < Longest;

    private static long? StartOf(int pid)
    {
        try
        {
            // the name in parentheses may hold spaces and parentheses itself: the fields start behind the last one
            var line = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
