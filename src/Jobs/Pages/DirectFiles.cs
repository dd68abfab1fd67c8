namespace HealingWorkers.Jobs.Pages;

/// <summary>The server's files where its data directory can be seen from here.</summary>
public sealed class DirectFiles(string dataDirectory) : IServerFiles
{
    public string DataDirectory => dataDirectory;

    public string Way => "directly";

    public Task<long?> LengthAsync(string path, CancellationToken cancel)
    {
        var file = new FileInfo(Path.Combine(dataDirectory, path));
        return Task.FromResult(file.Exists ? file.Length : (long?)null);
    }

    public async Task<int> ReadAsync(string path, long offset, Memory<byte> into, CancellationToken cancel)
    {
        await using var file = new FileStream(
            Path.Combine(dataDirectory, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = offset;
        return await file.ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, cancel).ConfigureAwait(false);
    }
}
