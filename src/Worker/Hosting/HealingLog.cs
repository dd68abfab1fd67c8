using HealingWorkers.Worker.Commands;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace HealingWorkers.Worker.Hosting;

/// <summary>The log goes to standard error: text for somebody at a terminal, a JSON object a line for a machine.</summary>
public static class HealingLog
{
    public static Logger Create(string level, CommandShell shell, string worker)
    {
        var least = Enum.Parse<LogEventLevel>(level, ignoreCase: true);
        return new LoggerConfiguration()
            .MinimumLevel.Is(least)
            // The engine and the web server have much to say about themselves.
            .MinimumLevel.Override("Quartz", Max(least, LogEventLevel.Warning))
            .MinimumLevel.Override("Hangfire", Max(least, LogEventLevel.Warning))
            .MinimumLevel.Override("Microsoft", Max(least, LogEventLevel.Warning))
            // That the keys of cookies lie in the control database as they are is a decision (docs/access.md), not news.
            .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", Max(least, LogEventLevel.Error))
            .MinimumLevel.Override("Npgsql", Max(least, LogEventLevel.Warning))
            .Enrich.FromLogContext()
            .Enrich.WithProperty("worker", worker)
            .WriteTo.Sink(new LineSink(shell.Error, shell.IsTerminal ? new TextLines() : new JsonLines()))
            .CreateLogger();
    }

    private static LogEventLevel Max(LogEventLevel a, LogEventLevel b) => a > b ? a : b;
}
