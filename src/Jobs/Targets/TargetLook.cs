using System.Text.Json;
using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>How a target was at a look: its size, its checksums, its standbys, and what its roles lack.</summary>
public sealed record TargetLook(long? SizeBytes, bool DataChecksums, bool IsStandby, IReadOnlyList<StandbySeen> Standbys, IReadOnlyList<RightLacking> Lacking)
{
    /// <summary>Those that are configured, asked themselves.</summary>
    public IReadOnlyList<StandbyLook> Watched { get; init; } = [];
    /// <summary>Of a primary: since when its data directory is where it is, which tells it from a copy. Null where the role may not look.</summary>
    public DateTime? DirectorySince { get; init; }

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static async Task<TargetLook> TakeAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var size = await connection.ExecuteScalarAsync<long?>(new CommandDefinition(Sql.Of<TargetLook>("target_size"), cancellationToken: cancel)).ConfigureAwait(false);
        var standbys = (await connection.QueryAsync<StandbySeen>(new CommandDefinition(Sql.Of<TargetLook>("target_standbys"), cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        return new(size, facts.DataChecksums, facts.IsStandby, standbys, await LackingAsync(target, cancel).ConfigureAwait(false))
        {
            DirectorySince = facts.IsStandby ? null : await DirectoryAsync(connection, cancel).ConfigureAwait(false),
            Watched = await StandbyReader.LookAsync(target, cancel).ConfigureAwait(false),
        };
    }

    public static TargetLook? Read(string json) => JsonSerializer.Deserialize<TargetLook>(json, Json);

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>A side question, which costs no look.</summary>
    private static async Task<DateTime?> DirectoryAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            return await DataDirectoryMark.OfAsync(connection, cancel).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    /// <summary>A role that cannot even log in is the business of the health check.</summary>
    private static async Task<IReadOnlyList<RightLacking>> LackingAsync(Target target, CancellationToken cancel)
    {
        try
        {
            return await TargetRights.LackingAsync(target, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException)
        {
            return [];
        }
    }
}

/// <summary>A standby that the target sends to, as far as the role may see it.</summary>
public sealed record StandbySeen
{
    public required string Name { get; init; }
    public string? Address { get; init; }
    public string? State { get; init; }
    public string? Sync { get; init; }
    public long? LagBytes { get; init; }
}
