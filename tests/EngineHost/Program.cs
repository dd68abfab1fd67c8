using HealingWorkers.EngineHost;

return args switch
{
    ["work", ..] => await WorkMode.RunAsync(new HostArguments(args[1..])),
    ["latency", ..] => await LatencyMode.RunAsync(new HostArguments(args[1..])),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("engine host: work | latency  connection=... [worker=..] [lease=4] [concurrency=8] [recurring=0] [drain=5] [count=200]");
    return 64;
}
