namespace HealingWorkers.Drill;

public sealed record PgClusterOptions
{
    /// <summary>Data checksums: with them any raw damage shows as an invalid page. HEALING_TEST_CHECKSUMS=off leaves them out where nobody says which.</summary>
    public bool Checksums { get; init; } = Environment.GetEnvironmentVariable("HEALING_TEST_CHECKSUMS") != "off";

    public string Locale { get; init; } = "C.UTF-8";

    /// <summary>Listen on 127.0.0.1 too, with passwords; the socket is always there, with trust.</summary>
    public bool Tcp { get; init; } = true;

    /// <summary>Lines of postgresql.conf, stronger than the kit's own choice.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public PgBinaries Binaries { get; init; } = PgBinaries.Default;
}
