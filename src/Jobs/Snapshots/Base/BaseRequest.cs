using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <param name="Connection">The session of the repair.</param>
/// <param name="Name">A name that no other base snapshot of this disk has.</param>
/// <param name="Programs">Where PostgreSQL's programs are, by configuration; may be empty.</param>
/// <param name="Most">A larger server is not copied.</param>
public sealed record BaseRequest(Target Target, TargetFacts Facts, NpgsqlConnection Connection, Incident Incident, int Attempt, string Name, string Programs, long Most)
    : CopyRequest(Target, Facts, Connection, Name, Programs)
{
    /// <summary>The key that says so.</summary>
    public string MostKey { get; init; } = "snapshots.base_backup_up_to";

    /// <summary>Why the server must not be stopped now; null when it may.</summary>
    public string? WhyNotStop { get; init; } = "nobody allowed it";

    /// <summary>When the window ends that the server may be stopped in; null where none bounds it.</summary>
    public TimeSpan? StopAtMost { get; init; }
}

/// <param name="Restore">The command that makes a server of it again.</param>
public sealed record TakenBase(BaseSnapshot Kind, string Place, long Bytes, string Sha256, string Manifest, string Restore, string Way);

/// <summary>One way to copy a whole server into <c>data</c> of a folder.</summary>
internal interface IBaseWay
{
    BaseSnapshot Kind { get; }

    /// <summary>As the receipt says it.</summary>
    string Name { get; }

    /// <summary>Why it cannot be gone here; null when it can.</summary>
    Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel);

    /// <summary>Null when it is done, else why it could not be; what it had begun is removed by the caller.</summary>
    Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel);
}
