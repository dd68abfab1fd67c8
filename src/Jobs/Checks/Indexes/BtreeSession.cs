using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>One session that verifies. The client library drops a session after any error of corruption, so this one comes back.</summary>
internal sealed class BtreeSession(Target target, string statement) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _command;
    private bool _theirPath;

    public async Task VerifyAsync(long index, CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel).ConfigureAwait(false);
        if (!_theirPath)
        {
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
            _theirPath = true;
        }
        ((NpgsqlParameter<long>)_command!.Parameters[0]).TypedValue = index;
        await _command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>For questions beside the verification: with our own path.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        var connection = await OpenAsync(cancel).ConfigureAwait(false);
        if (_theirPath)
        {
            await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
            _theirPath = false;
        }
        return connection;
    }

    /// <summary>As it is, on whichever path.</summary>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open })
        {
            return _connection;
        }
        await DisposeAsync().ConfigureAwait(false);
        try
        {
            _connection = await SessionLife.OpenAsync(target, cancel).ConfigureAwait(false);
            _command = new NpgsqlCommand(statement, _connection) { Parameters = { new NpgsqlParameter<long>() } };
            await _command.PrepareAsync(cancel).ConfigureAwait(false);
            return _connection;
        }
        catch
        {
            // one that is not set up is none
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_command is not null)
        {
            await _command.DisposeAsync().ConfigureAwait(false);
        }
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        (_command, _connection, _theirPath) = (null, null, false);
    }
}
