using Npgsql;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The server's files as the server itself reads them out, where the role may ask for that.</summary>
public sealed class ThroughServerFiles(NpgsqlConnection connection) : IServerFiles
{
    public string Way => "through the server";

    public async Task<long?> LengthAsync(string path, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ThroughServerFiles>("file_length"), connection) { Parameters = { new() { Value = path } } };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as long?;
    }

    public async Task<int> ReadAsync(string path, long offset, Memory<byte> into, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ThroughServerFiles>("file_read"), connection)
        {
            Parameters = { new() { Value = path }, new() { Value = offset }, new() { Value = (long)into.Length } },
        };
        if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not byte[] bytes)
        {
            throw new FileNotFoundException($"the server no longer has {path}");
        }
        bytes.CopyTo(into);
        return bytes.Length;
    }
}
