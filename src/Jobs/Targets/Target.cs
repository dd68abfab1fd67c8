using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>A watched database and the ways into it. Checks get a session that cannot write; repairs get one that is never pooled.</summary>
public sealed class Target(TargetOptions options, TimeProvider clock) : IAsyncDisposable
{
    public string Name => options.Name;
    public TargetOptions Options => options;
    public TimeProvider Clock => clock;

    /// <summary>A pooled session with default_transaction_read_only, statement_timeout and lock_timeout.</summary>
    public Task<NpgsqlConnection> OpenCheckAsync(CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>An own session for a repair: not pooled, multiplexing off, client_connection_check_interval set; refused behind a transaction-pooling proxy.</summary>
    public Task<NpgsqlConnection> OpenRepairAsync(CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Version, identity, rights and extensions; asked once and kept until <see cref="Forget"/>.</summary>
    public Task<TargetFacts> FactsAsync(CancellationToken cancel) => throw new NotSupportedException();

    public void Forget() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
