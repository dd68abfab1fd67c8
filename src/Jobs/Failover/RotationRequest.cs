namespace HealingWorkers.Jobs.Failover;

/// <summary>What is new: an address, a password, or both.</summary>
public sealed record RotationRequest(string Why)
{
    /// <summary>HOST or HOST:PORT; null stays.</summary>
    public string? Host { get; init; }
    public string? Password { get; init; }
    /// <summary>In place of rotation.connection_file.</summary>
    public string? ConnectionFile { get; init; }
}
