namespace HealingWorkers.Jobs.Targets;

/// <summary>How a person rebuilds an index without which no session can begin: the server is told not to use the catalogue's indexes.</summary>
public static class CriticalIndex
{
    /// <param name="index">Null where it is not known which.</param>
    public static string Commands(string database, string? index, string? dataDirectory)
    {
        var (data, name) = (string.IsNullOrEmpty(dataDirectory) ? "DATA_DIRECTORY" : dataDirectory, database.Replace("'", "'\\''", StringComparison.Ordinal));
        var rebuild = index is null ? $"REINDEX SYSTEM \"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : $"REINDEX INDEX {index}";
        return "as the server's own user, with nobody else at work: "
            + $"pg_ctl -D {data} restart -w -o -P; psql -d '{name}' -c '{rebuild}'; pg_ctl -D {data} restart -w. "
            + $"If it still lets nobody in: pg_ctl -D {data} stop -m fast; postgres --single -P -D {data} '{name}' and there {rebuild}; then pg_ctl -D {data} start -w";
    }
}
