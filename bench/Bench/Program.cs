using System.Globalization;
using HealingWorkers.Bench;
using HealingWorkers.Bench.Scale;

if (args.Length == 0)
{
    Console.Error.WriteLine("error: no benchmark named");
    Console.Error.WriteLine("HINT: check | heal | latency | idle | impact | relations | orphans | json | backup | proof | failover | degraded | pages | watchers | tidy, each with an optional number of rounds (of requests for latency); check, backup and proof also take the number of tables, 214 MiB each, impact the seconds of each run, degraded the minutes of each outage and which (stopped, frozen), pages the number of runs, incidents and calls, watchers how many and for how many seconds, and tidy the number of runs and incidents");
    return 1;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
switch (args[0])
{
    case "check":
        await CheckBench.RunAsync(rounds, tables: args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 6, rows: 800_000, stop.Token);
        return 0;
    case "heal":
        await HealBench.RunAsync(rounds, rows: 1_500_000, stop.Token);
        return 0;
    case "latency":
        await EngineBench.RunAsync(args.Length > 1 ? rounds : 500, stop.Token);
        return 0;
    case "idle":
        await IdleBench.RunAsync(stop.Token);
        return 0;
    case "impact":
        await ImpactBench.RunAsync(rounds, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 30, stop.Token);
        return 0;
    case "relations":
        await RelationsBench.RunAsync(args.Length > 1 ? rounds : 3, stop.Token);
        return 0;
    case "orphans":
        await OrphansBench.RunAsync(args.Length > 1 ? rounds : 3, stop.Token);
        return 0;
    case "degraded":
        await DegradedBench.RunAsync(args.Length > 1 ? TimeSpan.FromMinutes(rounds) : TimeSpan.FromMinutes(1), args.Length > 2 ? args[2] : null, stop.Token);
        return 0;
    case "json":
        await JsonBench.RunAsync(stop.Token);
        return 0;
    case "backup":
        await BackupBench.RunAsync(rounds, tables: args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 6, rows: 800_000, stop.Token);
        return 0;
    case "pages":
        await PagesBench.RunAsync(Number(1, 1_000_000), Number(2, 50_000), Number(3, 200), stop.Token);
        return 0;
    case "watchers":
        await WatchersBench.RunAsync(Number(1, 200), Number(2, 60), stop.Token);
        return 0;
    case "tidy":
        await TidyBench.RunAsync(Number(1, 1_000_000), Number(2, 50_000), stop.Token);
        return 0;
    case "proof":
        await ProofBench.RunAsync(args.Length > 1 ? rounds : 3, tables: args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 6, rows: 800_000, stop.Token);
        return 0;
    case "failover":
        await FailoverBench.RunAsync(args.Length > 1 ? rounds : 3, stop.Token);
        return 0;
    default:
        Console.Error.WriteLine($"error: no benchmark {args[0]}");
        return 1;
}

int Number(int place, int otherwise) => args.Length > place ? int.Parse(args[place], CultureInfo.InvariantCulture) : otherwise;
