namespace HealingWorkers.Jobs.Pages;

/// <summary>Reads files of the server's data directory, by paths as <c>pg_relation_filepath</c> tells them.</summary>
public interface IServerFiles
{
    /// <summary>directly | through the server: what a receipt says of the way.</summary>
    string Way { get; }

    /// <summary>Null where there is no such file.</summary>
    Task<long?> LengthAsync(string path, CancellationToken cancel);

    /// <summary>Fewer bytes than asked for at the end of the file.</summary>
    Task<int> ReadAsync(string path, long offset, Memory<byte> into, CancellationToken cancel);
}
