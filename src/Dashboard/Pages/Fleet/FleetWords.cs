using System.Globalization;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Dashboard.Pages.Fleet;

/// <summary>Tones and short words of the pages about the fleet.</summary>
internal static class FleetWords
{
    public static string ToneOfRun(string state) => state switch { "succeeded" => "good", "running" => "busy", "pending" => "wait", "failed" => "bad", _ => "none" };

    public static string ToneOfWorker(string state) => state switch { "working" => "busy", "idle" => "good", "draining" or "drained" => "wait", "silent" => "bad", _ => "none" };

    public static string ToneOfCheck(string status) => status switch { "clean" => "good", "damaged" => "bad", _ => "wait" };

    public static string StateOf(StandbyLook standby) =>
        standby.Problem is not null ? "cannot be asked" : standby.IsPrimary ? "is the primary" : !standby.InRecovery ? "takes writes" : standby.ReplayPaused ? "replay paused" : standby.Receiving ? "streaming" : standby.FromArchive ? "from the archive" : "receives nothing";

    public static string ToneOf(StandbyLook standby) =>
        standby.IsPrimary ? "good" : standby.Problem is not null || !standby.InRecovery ? "bad" : standby is { ReplayPaused: false } && (standby.Receiving || standby.FromArchive) ? "good" : "wait";

    public static string Bytes(long? bytes) => bytes is { } known ? Parts.Duration.Bytes(known) : "not known";

    public static string Version(int? number) => number is { } n ? string.Create(CultureInfo.InvariantCulture, $"{n / 10000}.{n % 10000}") : "not known";

    /// <summary>For an address: names may hold anything.</summary>
    public static string Part(string name) => Uri.EscapeDataString(name);
}
