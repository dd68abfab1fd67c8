namespace HealingWorkers.Worker.Embedded;

/// <param name="Directory">Holds data, socket, log, locks and password of this server.</param>
/// <param name="Binaries">Where PostgreSQL's programs are.</param>
public sealed record EmbeddedOptions(string Directory, string Binaries, string Role, string Database)
{
    /// <summary>Zero: no port on loopback at all.</summary>
    public int LoopbackPort { get; init; }

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
