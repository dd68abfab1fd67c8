using HealingWorkers.Drill.Scale;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Scale;

/// <summary>Open pages fetch themselves when something changed; how many are open is nothing to the database. Counted in queries, not in time.</summary>
[TestFixture, NonParallelizable]
public sealed class WatcherTests
{
    private const int Many = 30;
    private const int Rounds = 4;

    [TestCase("/jobs", "jobs")]
    [TestCase("/", "incidents jobs fleet")]
    public async Task Thirty_open_pages_cost_what_one_does(string path, string topics)
    {
        var one = await CostAsync(path, topics, 1);
        var many = await CostAsync(path, topics, Many);
        Assert.Multiple(() =>
        {
            Assert.That(one.Fetches, Is.GreaterThanOrEqualTo(Rounds), "one page fetched itself");
            Assert.That(many.Fetches, Is.GreaterThanOrEqualTo(Rounds * Many / 2), "the others did too");
            Assert.That(many.Queries, Is.LessThanOrEqualTo(one.Queries * 3 + 10), $"{one} and {many}");
        });
    }

    /// <summary>Until the first of them was told so often that something changed.</summary>
    private static async Task<Cost> CostAsync(string path, string topics, int watchers)
    {
        using var over = new CancellationTokenSource();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 200 }) { BaseAddress = LongPast.Stage.Http.BaseAddress };
        var open = Enumerable.Range(0, watchers).Select(_ => new Watcher(http, path, topics)).ToList();
        var before = await LongPast.StatementsAsync();
        var listening = Task.WhenAll(open.Select(w => w.RunAsync(over.Token)));
        for (var n = 0; open[0].Told < Rounds + 1 && n < 300; n++)
        {
            await LongPast.ChangeAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
        await over.CancelAsync();
        await listening;
        return new(await LongPast.StatementsAsync() - before, open.Sum(w => w.Answers.Count));
    }

    private sealed record Cost(long Queries, int Fetches);
}
