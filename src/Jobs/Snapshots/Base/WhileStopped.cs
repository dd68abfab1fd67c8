namespace HealingWorkers.Jobs.Snapshots;

/// <summary>A copy of a server that the repair itself has stopped, and starts again.</summary>
internal sealed class WhileStopped : IBaseWay
{
    public BaseSnapshot Kind => BaseSnapshot.DataDirectory;

    public string Name => "copy while the repair had it stopped";

    public Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel) => Task.FromResult(request.WhyNotStop);

    public async Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel)
    {
        await new ServerFilesCopy(into).RunAsync(places.DataDirectory!, places.Tablespaces, static _ => true, cancel).ConfigureAwait(false);
        return File.Exists(Path.Combine(places.DataDirectory!, "postmaster.pid")) ? "it ran again before its copy was whole" : null;
    }
}
