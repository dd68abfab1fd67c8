using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Worker.Commands;
using Spectre.Console;

namespace HealingWorkers.Worker.Demo;

/// <summary>Follows what the fleet makes of the damage, and shows it as a table.</summary>
internal sealed class Demonstration(LedgerDb ledger, DemoTarget target, CommandShell shell)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <returns>Null when all was healed, else why not.</returns>
    public async Task<string?> FollowAsync(DateTimeOffset since, long block, CancellationToken cancel)
    {
        var began = shell.Clock.GetTimestamp();
        Watched? incident = null;
        using (var progress = shell.Progress())
        {
            while (incident is not { State: "Resolved" or "Escalated" or "Closed" } && shell.Clock.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), shell.Clock, cancel).ConfigureAwait(false);
                incident = await AskAsync<Watched>("latest_incident", new { since }, cancel).ConfigureAwait(false);
                progress.Show(incident is null ? "waiting for the fleet to find the damage ..." : $"incident {incident.Id}: {incident.State}");
            }
        }
        if (incident is null)
        {
            return $"the damage was not found within {Patience.TotalMinutes:0} minutes";
        }
        await ShowAsync(since, block, incident, cancel).ConfigureAwait(false);
        if (incident.State != "Resolved")
        {
            return $"incident {incident.Id} is {incident.State}: {incident.Reason ?? "not finished in time"}";
        }
        return await target.ComplaintAsync(cancel).ConfigureAwait(false) is { } complaint ? $"amcheck still complains: {complaint}" : null;
    }

    public Task<DateTimeOffset> NowAsync(CancellationToken cancel) => AskAsync<DateTimeOffset>("now", null, cancel)!;

    private async Task ShowAsync(DateTimeOffset since, long block, Watched incident, CancellationToken cancel)
    {
        await using var connection = await ledger.Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        var stations = await connection.QueryAsync<Station>(new CommandDefinition(Sql.Of<Demonstration>("stations"), new { incident = incident.Id }, cancellationToken: cancel)).ConfigureAwait(false);
        var table = new Table().Title($"What happened to movies_title_idx (incident {incident.Id})").AddColumns("Time", "After", "Station", "Who", "What");
        table.AddRow(Row(since, since, "damage", "demonstration", string.Create(CultureInfo.InvariantCulture, $"leaf page {block} of the index overwritten with zeros on disk")));
        foreach (var station in stations)
        {
            table.AddRow(Row(station.At, since, station.Name, station.Actor, station.Message));
        }
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(shell.Out),
            Ansi = shell.OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!shell.OutIsTerminal)
        {
            console.Profile.Width = 180;
        }
        console.Write(table);
    }

    private static string[] Row(DateTimeOffset at, DateTimeOffset since, string station, string who, string what) =>
    [
        at.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"{(at - since).TotalSeconds:0.000} s"),
        Markup.Escape(station.Replace("incident.", "", StringComparison.Ordinal).Replace('_', ' ')),
        Markup.Escape(who),
        Markup.Escape(what),
    ];

    private async Task<T?> AskAsync<T>(string query, object? arguments, CancellationToken cancel)
    {
        await using var connection = await ledger.Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        return await connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(Sql.Of<Demonstration>(query), arguments, cancellationToken: cancel)).ConfigureAwait(false);
    }

    private sealed record Watched
    {
        public long Id { get; init; }
        public string State { get; init; } = "";
        public string? Reason { get; init; }
    }

    private sealed record Station
    {
        public DateTimeOffset At { get; init; }
        public string Name { get; init; } = "";
        public string Message { get; init; } = "";
        public string Actor { get; init; } = "";
    }
}
