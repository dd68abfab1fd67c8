using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Health;

public enum HealthStatus { Ok, Failed }

/// <param name="Writable">Null where it could not be learnt.</param>
public sealed record DatabaseHealth(string Name, DatabaseRole Role, HealthStatus Status, bool? Writable, double Milliseconds, string? Reason, string? Hint);

public sealed record HealthReport(HealthStatus Status, IReadOnlyList<DatabaseHealth> Databases);
