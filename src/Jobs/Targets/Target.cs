using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>A watched database and the ways into it. Checks get a session that cannot write; repairs get one that is never pooled.</summary>
public sealed class Target(TargetOptions options, TimeProvider clock) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly SemaphoreSlim _building = new(1, 1);
    private readonly ConnectionWatch _files = new(options);
    private readonly List<NpgsqlMultiHostDataSource> _former = [];
    private NpgsqlMultiHostDataSource? _checks;
    private TargetFacts? _facts;
    private long _standbySessions;

    public string Name => options.Name;
    public TargetOptions Options => options;
    public TimeProvider Clock => clock;

    /// <summary>How many check sessions were opened at a standby; while the primary is away they are led there. A look during which it grew was not, or not all of it, at the primary.</summary>
    public long StandbySessions => Interlocked.Read(ref _standbySessions);

    /// <summary>A pooled session with default_transaction_read_only, statement_timeout and lock_timeout.</summary>
    public async Task<NpgsqlConnection> OpenCheckAsync(CancellationToken cancel)
    {
        await RenewAsync(cancel).ConfigureAwait(false);
        var settings = TargetConnection.ForChecks(options);
        try
        {
            var checks = _checks ?? await BuildAsync(settings, cancel).ConfigureAwait(false);
            return await ReadOnlyAsync(await checks.OpenConnectionAsync(TargetSessionAttributes.PreferPrimary, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (TargetProblem.IsOfConnecting(e))
        {
            throw TargetProblem.Explain(e, Name, settings, options.DataDirectory);
        }
    }

    /// <summary>An own session for a repair: not pooled, its server end notices when we are gone; refused on a standby and behind a transaction-pooling proxy.</summary>
    public Task<NpgsqlConnection> OpenRepairAsync(CancellationToken cancel) => OpenWorkAsync(TargetConnection.ForRepairs, cancel);

    /// <summary>The same for a repair that works on single row versions, under the role for that.</summary>
    public Task<NpgsqlConnection> OpenSurgeryAsync(CancellationToken cancel) => OpenWorkAsync(TargetConnection.ForSurgery, cancel);

    /// <summary>Where nobody gets into the database: a session for a repair with another one of the same server.</summary>
    public async Task<Beside> OpenRepairBesideAsync(CancellationToken cancel)
    {
        await RenewAsync(cancel).ConfigureAwait(false);
        var settings = TargetConnection.ForRepairs(options);
        var beside = await Beside.OpenAsync(Name, settings, options.DataDirectory, cancel).ConfigureAwait(false);
        try
        {
            await Proxy.RefuseAsync(beside.Connection, settings.ConnectionString, Name, cancel).ConfigureAwait(false);
            return beside.Facts.IsStandby ? throw new HealingException($"target {Name} is a standby, which cannot be repaired", "Name the primary in the connection string.") : beside;
        }
        catch
        {
            await beside.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The same to look only.</summary>
    public async Task<Beside> OpenCheckBesideAsync(CancellationToken cancel)
    {
        await RenewAsync(cancel).ConfigureAwait(false);
        return await Beside.OpenAsync(Name, AtPrimary(TargetConnection.ForChecks(options)), options.DataDirectory, cancel).ConfigureAwait(false);
    }

    /// <summary>What another database of the server knows of this one; null where that cannot be had.</summary>
    public async Task<TargetFacts?> FactsBesideAsync(CancellationToken cancel)
    {
        try
        {
            await using var beside = await OpenCheckBesideAsync(cancel).ConfigureAwait(false);
            return beside.Facts;
        }
        catch (HealingException)
        {
            return null;
        }
    }

    /// <summary>Begins a session as anybody would, one that was never used before, with the primary. Throws <see cref="LockedOutException"/> where the catalogue keeps it out.</summary>
    public async Task BeginAnewAsync(CancellationToken cancel)
    {
        await RenewAsync(cancel).ConfigureAwait(false);
        var settings = AtPrimary(TargetConnection.ForChecks(options));
        settings.Pooling = false;
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            if ((await TargetFactsReader.ReadAsync(connection, cancel).ConfigureAwait(false)).IsStandby)
            {
                Interlocked.Increment(ref _standbySessions);
            }
        }
        catch (Exception e) when (TargetProblem.IsOfConnecting(e))
        {
            throw TargetProblem.Explain(e, Name, settings, options.DataDirectory);
        }
    }

    /// <summary>A standby's files are other ones.</summary>
    private static NpgsqlConnectionStringBuilder AtPrimary(NpgsqlConnectionStringBuilder settings)
    {
        if (settings.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            settings.TargetSessionAttributes = "primary";
        }
        return settings;
    }

    private async Task<NpgsqlConnection> OpenWorkAsync(Func<TargetOptions, NpgsqlConnectionStringBuilder> form, CancellationToken cancel)
    {
        await RenewAsync(cancel).ConfigureAwait(false);
        var settings = form(options);
        var facts = await FactsAsync(cancel).ConfigureAwait(false);
        NpgsqlConnection? connection = null;
        try
        {
            connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            await Proxy.RefuseAsync(connection, settings.ConnectionString, Name, cancel).ConfigureAwait(false);
            await Primary.RequireAsync(connection, Name, facts, cancel).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            if (TargetProblem.IsOfConnecting(e))
            {
                throw TargetProblem.Explain(e, Name, settings, options.DataDirectory);
            }
            throw;
        }
    }

    /// <summary>Which database answered when it was last asked; null: not known now.</summary>
    public TargetId? KnownId => _facts?.Id;

    /// <summary>Version, identity, rights and extensions; asked once and kept until <see cref="Forget"/>.</summary>
    public async Task<TargetFacts> FactsAsync(CancellationToken cancel)
    {
        if (_facts is { } known)
        {
            return known;
        }
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_facts is { } meanwhile)
            {
                return meanwhile;
            }
            await using var connection = await OpenCheckAsync(cancel).ConfigureAwait(false);
            return _facts = await TargetFactsReader.ReadAsync(connection, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw TargetProblem.Explain(e, Name, TargetConnection.ForChecks(options), options.DataDirectory);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>The server may be another one now (restarted, promoted, upgraded): ask again, through new connections.</summary>
    public void Forget()
    {
        _facts = null;
        _checks?.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        if (_checks is not null)
        {
            await _checks.DisposeAsync().ConfigureAwait(false);
        }
        foreach (var former in _former)
        {
            await former.DisposeAsync().ConfigureAwait(false);
        }
        _one.Dispose();
        _building.Dispose();
    }

    /// <summary>A connection string that was renewed in its file is used from the next session on; sessions in hand end as they began.</summary>
    private async Task RenewAsync(CancellationToken cancel)
    {
        if (!_files.Renewed())
        {
            return;
        }
        await _building.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_checks is not null)
            {
                _former.Add(_checks);
                _checks.Clear();
            }
            (_checks, _facts) = (null, null);
        }
        finally
        {
            _building.Release();
        }
    }

    /// <summary>The server reports the setting by itself, so that to look costs nothing; a proxy may have dropped it.</summary>
    private async Task<NpgsqlConnection> ReadOnlyAsync(NpgsqlConnection connection)
    {
        // a standby that was promoted, or a primary that was built anew as a standby, says so by itself
        if (connection.PostgresParameters.TryGetValue("in_hot_standby", out var standby))
        {
            if (standby == "on")
            {
                Interlocked.Increment(ref _standbySessions);
            }
            if (_facts is { } known && (standby == "on") != known.IsStandby)
            {
                _facts = null;
            }
        }
        if (connection.PostgresParameters.TryGetValue("default_transaction_read_only", out var readOnly) && readOnly == "on")
        {
            return connection;
        }
        await connection.DisposeAsync().ConfigureAwait(false);
        throw new HealingException($"the session with target {Name} did not become read-only: a proxy in between drops session settings",
            "Give connections.check of this target an address of the server itself.");
    }

    private async Task<NpgsqlMultiHostDataSource> BuildAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancel)
    {
        await _building.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_checks is null)
            {
                await VersionProbe.RequireAsync(settings, Name, cancel).ConfigureAwait(false);
                _checks = new NpgsqlDataSourceBuilder(settings.ConnectionString).BuildMultiHost();
            }
            return _checks;
        }
        finally
        {
            _building.Release();
        }
    }
}
