namespace HealingWorkers.Drill;

public sealed record WriteLoadOptions
{
    public int Clients { get; init; } = 2;

    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Rows of the load have this identifier or a higher one, and nobody else's have.</summary>
    public long FirstId { get; init; } = 1_000_000_000_000;

    /// <summary>With @id and @value.</summary>
    public string Insert { get; init; } = "INSERT INTO movies (id, title, year) VALUES (@id, @value, 2024)";

    public string Update { get; init; } = "UPDATE movies SET title = @value WHERE id = @id";

    public string Delete { get; init; } = "DELETE FROM movies WHERE id = @id";

    /// <summary>All rows of the load, with @id as the first of them: identifier and value.</summary>
    public string ReadAll { get; init; } = "SELECT id, title FROM movies WHERE id >= @id";
}
