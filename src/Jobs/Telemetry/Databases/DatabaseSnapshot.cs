using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>How one database is doing right now, section by section; a section that this role may not read says so and leaves the others.</summary>
public sealed class DatabaseSnapshot(TimeProvider clock)
{
    private const int Seconds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly string[] Sections = ["server", "pool", "activity", "waits", "locks", "sizes", "replication", "statistics"];

    /// <param name="without">Sections that cost too much to be asked for each time.</param>
    public async Task<JsonObject> TakeAsync(DatabasePlace place, CancellationToken cancel, IReadOnlyCollection<string>? without = null)
    {
        var taken = new JsonObject { ["name"] = place.Name, ["role"] = place.Role.ToString().ToLowerInvariant() };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            var sections = await SectionsAsync(place.Connections[0], without ?? [], limit.Token).WaitAsync(Limit, clock, cancel).ConfigureAwait(false);
            foreach (var (name, section) in sections)
                taken[name] = section;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or ArgumentException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            taken["error"] = e is PostgresException p ? Redactor.Text($"{p.MessageText} ({p.SqlState})") : e is NpgsqlException ? Redactor.Text(e.Message) : $"no answer within {Limit.TotalSeconds:0} s";
        }
        return taken;
    }

    private static async Task<IReadOnlyList<(string Name, JsonNode? Section)>> SectionsAsync(string connection, IReadOnlyCollection<string> without, CancellationToken cancel)
    {
        await using var session = await ProbeConnection.OpenAsync(connection, Seconds, cancel).ConfigureAwait(false);
        var sections = new List<(string, JsonNode?)>();
        foreach (var name in Sections.Except(without, StringComparer.Ordinal))
            sections.Add((name, await SectionAsync(session, name, cancel).ConfigureAwait(false)));
        return sections;
    }

    private static async Task<JsonNode?> SectionAsync(NpgsqlConnection session, string name, CancellationToken cancel)
    {
        try
        {
            var json = await session.QuerySingleAsync<string>(new CommandDefinition(Sql.Of<DatabaseSnapshot>(name), cancellationToken: cancel)).ConfigureAwait(false);
            return JsonNode.Parse(json);
        }
        catch (PostgresException e)
        {
            return new JsonObject { ["unavailable"] = $"{e.MessageText} ({e.SqlState})" };
        }
    }
}
