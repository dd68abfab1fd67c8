namespace HealingWorkers.Jobs.Options;

/// <summary>How often it is kept how the databases are doing, and who gets it.</summary>
public sealed class SampleOptions
{
    public bool Enabled { get; set; } = true;
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(1);
    /// <summary>A directory, or an address that takes JSON lines; empty: nobody.</summary>
    public string Export { get; set; } = "";
    public string ExportToken { get; set; } = "";
}
