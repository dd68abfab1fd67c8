using System.Diagnostics;
using HealingWorkers.Drill;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A server that the restore command of a snapshot made, by exactly the words that a person is shown.</summary>
internal sealed class Restored : IAsyncDisposable
{
    private readonly string _directory;
    private readonly int _port;

    private Restored(string directory, int port) => (_directory, _port) = (directory, port);

    public static async Task<Restored> StartAsync(string command)
    {
        var restored = new Restored($"/tmp/hwr-{Guid.NewGuid():N}"[..20], FreePort.Pick());
        var words = command.Replace("NEW_DIRECTORY", restored._directory, StringComparison.Ordinal).Replace("PORT", $"{restored._port}", StringComparison.Ordinal);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", words]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            var log = Path.Combine(restored._directory, "restore.log");
            var told = $"{string.Join("\n", await said.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System))}\n{(File.Exists(log) ? await File.ReadAllTextAsync(log) : "")}";
            await restored.DisposeAsync();
            throw new InvalidOperationException(told);
        }
        return restored;
    }

    public async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection($"Host={_directory};Port={_port};Database={database};Username=postgres;Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        var file = Path.Combine(_directory, "postmaster.pid");
        if (File.Exists(file) && int.TryParse((await File.ReadAllLinesAsync(file))[0], System.Globalization.CultureInfo.InvariantCulture, out var pid))
        {
            ProcessTable.Send(pid, Signal.Interrupt);
            await Poll.UntilAsync(() => !ProcessTable.IsAlive(pid), TimeSpan.FromSeconds(30), "the restored server ended");
        }
        foreach (var left in new[] { _directory, _directory + ".tablespaces" }.Where(Directory.Exists))
        {
            Directory.Delete(left, recursive: true);
        }
    }
}
