namespace HealingWorkers.Drill;

/// <summary>Text files that are built into the assembly.</summary>
internal static class EmbeddedText
{
    public static async Task<string> ReadAsync(string name, CancellationToken ct)
    {
        await using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream(typeof(EmbeddedText), name)
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(ct);
    }
}
