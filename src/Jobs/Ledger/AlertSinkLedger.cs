namespace HealingWorkers.Jobs.Ledger;

/// <summary>How each sink is doing, for the whole fleet: who sends to it now, and since when it is away.</summary>
public sealed class AlertSinkLedger(LedgerDb db)
{
    /// <summary>How long a sender has a sink to itself; it stops well before.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromMinutes(1);

    /// <param name="standing">Those of them that are told again and again what is open.</param>
    public Task<IReadOnlyList<string>> DueAsync(IReadOnlyList<string> sinks, IReadOnlyList<string> standing, TimeSpan resend, CancellationToken cancel) =>
        db.ListAsync<string>(Sql.Of<AlertOutbox>("alert_sinks_due"), new { Sinks = sinks.ToArray(), Standing = standing.ToArray(), Resend = resend }, cancel);

    /// <summary>Null where somebody else sends, or the sink is to be left alone; else whether it is time to tell all that is open.</summary>
    public Task<bool?> HoldAsync(string sink, string holder, TimeSpan resend, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.FirstAsync<bool?>(Sql.Of<AlertOutbox>("alert_sink_hold"), new { Sink = sink, Holder = holder, Hold, Resend = resend }, cancel, transaction), cancel);

    public Task WorkedAsync(string sink, string holder, bool sent, bool toldAll, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<AlertOutbox>("alert_sink_worked"), new { Sink = sink, Holder = holder, Sent = sent, ToldAll = toldAll }, cancel);

    /// <summary>How often it failed in a row by now.</summary>
    public Task<int> AwayAsync(string sink, string holder, string error, TimeSpan? after, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.FirstAsync<int>(Sql.Of<AlertOutbox>("alert_sink_away"), new { Sink = sink, Holder = holder, Error = Text.Bounded(error, 2000), After = after }, cancel, transaction), cancel);

    public Task<IReadOnlyList<AlertSinkState>> StatesAsync(IReadOnlyList<string> sinks, CancellationToken cancel) =>
        db.ListAsync<AlertSinkState>(Sql.Of<AlertOutbox>("alert_sinks"), new { Sinks = sinks.ToArray() }, cancel);
}

/// <summary>A sink as the ledger has it.</summary>
public sealed record AlertSinkState
{
    public required string Sink { get; init; }
    public required long Waiting { get; init; }
    public DateTimeOffset? WaitingSince { get; init; }
    /// <summary>In a row.</summary>
    public required int Failures { get; init; }
    public DateTimeOffset? RetryAt { get; init; }
    public string? LastError { get; init; }
    public DateTimeOffset? LastSentAt { get; init; }
}
