using HealingWorkers.Worker.Commands;

using var signals = new TerminationSignals();
return await CommandLine.RunAsync(args, CommandShell.OfConsole(), signals.Token);
