namespace HealingWorkers.Bench;

/// <summary>Two ways of doing one thing, measured in turn (A B, B A, ...), so that a drifting machine is fair to both.</summary>
internal sealed class Comparison(string ours, Func<CancellationToken, Task<double>> runOurs, string peer, Func<CancellationToken, Task<double>> runPeer, double bound)
{
    public async Task RunAsync(string title, int rounds, CancellationToken cancel)
    {
        await runOurs(cancel);
        await runPeer(cancel);
        var oursSeconds = new List<double>();
        var peerSeconds = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            if (round % 2 == 0)
            {
                oursSeconds.Add(await runOurs(cancel));
                peerSeconds.Add(await runPeer(cancel));
            }
            else
            {
                peerSeconds.Add(await runPeer(cancel));
                oursSeconds.Add(await runOurs(cancel));
            }
        }
        var ratio = new Samples([.. oursSeconds.Zip(peerSeconds, (a, b) => a / b)]);
        Console.WriteLine(Samples.Header(title));
        Console.WriteLine(new Samples(oursSeconds).Row(ours, "s"));
        Console.WriteLine(new Samples(peerSeconds).Row(peer, "s"));
        Console.WriteLine(ratio.Row("ratio, pair by pair", "x"));
        Console.WriteLine(FormattableString.Invariant(
            $"{rounds} rounds after one warm-up; bound {bound:0.00}, median ratio {ratio.Median:0.000}: {(ratio.Median <= bound ? "within" : "FALLS SHORT")}"));
        Console.WriteLine();
    }
}
