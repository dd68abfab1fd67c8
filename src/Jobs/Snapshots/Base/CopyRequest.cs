using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>A server that is to be copied, for whatever purpose.</summary>
/// <param name="Connection">A session that may work on it.</param>
/// <param name="Name">What the copy is called in the server's own log.</param>
/// <param name="Programs">Where PostgreSQL's programs are, by configuration; may be empty.</param>
public record CopyRequest(Target Target, TargetFacts Facts, NpgsqlConnection Connection, string Name, string Programs);
