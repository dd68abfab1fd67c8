using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Drill.Outages;

namespace HealingWorkers.Bench;

/// <summary>The control database stopped, then frozen, for minutes, while clients ask the dashboard and a check finds something.</summary>
internal static class DegradedBench
{
    private static readonly TimeSpan Back = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(TimeSpan outage, string? only, CancellationToken cancel)
    {
        await using var stage = await OutageStage.OpenAsync(Path.Combine(Path.GetDirectoryName(Built.Healing)!, "healing"), ["stopped", "frozen"], seconds: 3);
        foreach (var how in only is null ? (string[])["stopped", "frozen"] : [only])
        {
            await using var load = new OutageLoad(stage.Address, clients: 8);
            await Poll.UntilAsync(() => load.All.Count(a => a.Status == 200) > 80, Back, "the dashboard to know everything", cancel);
            Console.WriteLine($"{how}, before: {stage.TellMemory()}");
            await stage.BeginCheckAsync(how);
            load.Phase = "away";
            if (how == "frozen")
                stage.Control.Freeze();
            else
                await stage.Control.StopAsync(ct: cancel);
            for (var left = outage; left > TimeSpan.Zero; left -= TimeSpan.FromMinutes(1))
            {
                await Task.Delay(left < TimeSpan.FromMinutes(1) ? left : TimeSpan.FromMinutes(1), TimeProvider.System, cancel);
                Console.WriteLine($"{how}: {stage.TellMemory()}; {stage.Spooled().Count} reports wait on disk");
            }
            load.Phase = "coming back";
            if (how == "frozen")
                stage.Control.Thaw();
            else
                await stage.Control.StartAsync(cancel);
            await Poll.UntilAsync(async _ => (await stage.FoundAsync(how)).Incidents == 1 && stage.Spooled().Count == 0, Back, "what was found", cancel);
            Console.WriteLine($"{how}, {load.Tell("away")}\n{how}, {load.Tell("coming back")}");
            var late = load.All.Count(a => a.Took > TimeSpan.FromSeconds(2));
            var found = (await stage.FoundAsync(how)).Incidents;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{how}: {late} answers later than 2 s; found {found} of 1; after: {stage.TellMemory()}"));
        }
    }
}
