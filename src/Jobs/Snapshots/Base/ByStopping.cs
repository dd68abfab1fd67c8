using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Stop, copy, start: what was on disk and nothing else, where this machine controls the server.</summary>
internal sealed class ByStopping : IBaseWay
{
    /// <summary>Bytes a second that any disk copies.</summary>
    private const double SlowDisk = 20 << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public BaseSnapshot Kind => BaseSnapshot.DataDirectory;

    public string Name => "stop, copy, start";

    public async Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel) =>
        request.WhyNotStop is { } no ? no : await ControlAsync(request, cancel).ConfigureAwait(false) is (null, var why) ? why : null;

    public async Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel)
    {
        var longest = request.StopAtMost is { } most && most < Longest ? most : Longest;
        if (places.Bytes / SlowDisk > longest.TotalSeconds)
        {
            return FormattableString.Invariant($"a copy of its {places.Bytes >> 20} MB may not be done in the {longest.TotalMinutes:0} min for which it may be stopped");
        }
        var (control, _) = await ControlAsync(request, cancel).ConfigureAwait(false);
        await request.Connection.CloseAsync().ConfigureAwait(false);
        request.Target.Forget();
        return await control!.WhileStoppedAsync(token => new WhileStopped().CopyAsync(request, places, into, token), longest, cancel).ConfigureAwait(false);
    }

    private static async Task<(ServerControl? Control, string WhyNot)> ControlAsync(BaseRequest request, CancellationToken cancel) =>
        await ServerControl.FindAsync(request.Target, request.Facts, request.Programs, (await ServerPlaces.OfAsync(request, cancel).ConfigureAwait(false)).DataDirectory, cancel).ConfigureAwait(false);
}
