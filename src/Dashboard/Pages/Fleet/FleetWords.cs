using System.Globalization;

namespace HealingWorkers.Dashboard.Pages.Fleet;

/// <summary>Tones and short words of the pages about the fleet.</summary>
internal static class FleetWords
{
    public static string ToneOfRun(string state) => state switch { "succeeded" => "good", "running" => "busy", "pending" => "wait", "failed" => "bad", _ => "none" };

    public static string ToneOfWorker(string state) => state switch { "working" => "busy", "idle" => "good", "draining" or "drained" => "wait", "silent" => "bad", _ => "none" };

    public static string ToneOfCheck(string status) => status switch { "clean" => "good", "damaged" => "bad", _ => "wait" };

    public static string Bytes(long? bytes) => bytes is { } known ? Parts.Duration.Bytes(known) : "not known";

    public static string Version(int? number) => number is { } n ? string.Create(CultureInfo.InvariantCulture, $"{n / 10000}.{n % 10000}") : "not known";

    /// <summary>For an address: names may hold anything.</summary>
    public static string Part(string name) => Uri.EscapeDataString(name);
}
