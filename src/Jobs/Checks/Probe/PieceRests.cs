namespace HealingWorkers.Jobs.Checks;

/// <summary>Rests while files are read: not after each piece, which takes less than a rest can be short.</summary>
internal sealed class PieceRests(CheckRequest request)
{
    private const int PiecesBetween = 64;
    private int _pieces;
    private long _began = request.Target.Clock.GetTimestamp();

    /// <summary>What was done since rested by itself, or was no work.</summary>
    public void Begin() => _began = request.Target.Clock.GetTimestamp();

    public async Task RestAsync(CancellationToken cancel)
    {
        if (++_pieces % PiecesBetween == 0)
        {
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(_began), cancel).ConfigureAwait(false);
            Begin();
        }
    }
}
