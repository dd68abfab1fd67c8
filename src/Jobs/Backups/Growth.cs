using System.Globalization;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Tells now and then how much of a backup lies there.</summary>
internal sealed class Growth : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    private Growth(Func<long> bytes, long total, BackupRequest request) => _loop = Task.Run(() => TellAsync(bytes, total, request), CancellationToken.None);

    public static Growth Watch(Func<long> bytes, long total, BackupRequest request) => new(bytes, total, request);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task TellAsync(Func<long> bytes, long total, BackupRequest request)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Every, request.Target.Clock, _end.Token).ConfigureAwait(false);
                request.Say(string.Create(CultureInfo.InvariantCulture, $"{request.Target.Name}: {Written(bytes) >> 20} of about {total >> 20} MB"));
            }
        }
        catch (OperationCanceledException)
        {
            // it is all there
        }
    }

    private static long Written(Func<long> bytes)
    {
        try
        {
            return bytes();
        }
        catch (IOException)
        {
            // a file got its name while it was counted
            return 0;
        }
    }
}
