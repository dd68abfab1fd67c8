namespace HealingWorkers.Worker.Supervisor;

/// <summary>A worker of `healing up` ends when that one does, even when it was killed: its standard input then ends.</summary>
internal static class SupervisedLife
{
    public const string Variable = "HEALING_SUPERVISED";

    public static CancellationTokenSource Watch(IReadOnlyDictionary<string, string> environment, CancellationToken cancel)
    {
        var life = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (environment.ContainsKey(Variable))
        {
            _ = Task.Run(async () =>
            {
                var input = Console.OpenStandardInput();
                await using (input.ConfigureAwait(false))
                {
                    var nothing = new byte[64];
                    while (await input.ReadAsync(nothing, CancellationToken.None).ConfigureAwait(false) > 0)
                    {
                    }
                }
                await life.CancelAsync().ConfigureAwait(false);
            }, CancellationToken.None);
        }
        return life;
    }
}
