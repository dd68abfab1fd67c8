using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>Gives everybody the new address or secret: files, pgbouncer, a hook; then waits until it holds, or takes it back.</summary>
public sealed class Rotation(Target target, LedgerDb db, HttpClient http, string actor, TimeProvider clock)
{
    private readonly RotationOptions _options = target.Options.Rotation;

    public async Task RunAsync(RotationRequest request, Action<string> tell, CancellationToken cancel)
    {
        var place = NewPlace(request);
        var ledger = new FailoverLedger(db);
        var known = await ledger.TargetAsync(target.Name, cancel).ConfigureAwait(false);
        await RequirePrimaryAsync(place, known?.SystemIdentifier, known is null ? null : await ledger.NewestTimelineAsync(known.Id, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        var changes = await ChangesAsync(request, place, tell, cancel).ConfigureAwait(false);
        if (changes.Count == 0 && _options.Hook.Length == 0)
        {
            throw new HealingException($"there is nothing to renew for {target.Name}: the connection stands in the configuration itself",
                "name a connection_file, rotation.connection_file, rotation.pgbouncer_ini or rotation.hook");
        }
        var written = new List<FileChange>();
        try
        {
            foreach (var change in changes)
            {
                written.Add(change);
                await AtomicFile.WriteAsync(change.Path, change.After, cancel).ConfigureAwait(false);
                tell($"written: {change.Path}");
            }
            await EverybodyAsync(request.ConnectionFile, tell, cancel).ConfigureAwait(false);
            target.Forget();
            await HoldsAsync(place, tell, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await TakeBackAsync(written, place, known?.Id, e, tell).ConfigureAwait(false);
            throw;
        }
        await AuditAsync(known?.Id, "rotated", "info", $"{What(request)} of {target.Name} was renewed: {request.Why}", cancel).ConfigureAwait(false);
    }

    private static string What(RotationRequest request) => (request.Host, request.Password) switch
    {
        ({ } host, null) => $"the address ({host})",
        (null, not null) => "the password",
        ({ } host, _) => $"the address ({host}) and the password",
        _ => "the connection",
    };

    private NpgsqlConnectionStringBuilder NewPlace(RotationRequest request)
    {
        var place = new NpgsqlConnectionStringBuilder(target.Options.Connection);
        Move(place, request.Host);
        if (request.Password is { } password)
        {
            place.Password = password;
        }
        return place;
    }

    private static void Move(NpgsqlConnectionStringBuilder connection, string? host)
    {
        if (host is null)
        {
            return;
        }
        if (host.Contains(',', StringComparison.Ordinal))
        {
            connection.Host = host;
            return;
        }
        (connection.Host, connection.Port) = Address.Of(host, connection.Port);
        connection.Remove("Target Session Attributes");
    }

    /// <summary>That something answers there is not enough: a standby does so too.</summary>
    private async Task RequirePrimaryAsync(NpgsqlConnectionStringBuilder place, string? system, int? newest, CancellationToken cancel)
    {
        var seen = await OldPrimary.AskAsync(new TargetOptions { Name = target.Name, Connection = place.ConnectionString }, null, cancel).ConfigureAwait(false);
        if (seen.FirstOrDefault(s => s.State == HostState.TakesWrites) is not { } primary)
        {
            throw new HealingException($"nothing was changed: {string.Join("; ", seen.Select(s => s.State == HostState.Recovering ? $"{s.Host} is a standby, which takes no writes" : $"{s.Host} {s.Said}"))}", "the new place must be a primary that lets the login in");
        }
        if (system is not null && primary.Server!.SystemIdentifier != system)
        {
            throw new HealingException($"nothing was changed: {primary.Host} belongs to another cluster ({primary.Server.SystemIdentifier} instead of {system})", "look at the address");
        }
        if (newest > primary.Server!.Timeline)
        {
            throw new HealingException(System.FormattableString.Invariant($"nothing was changed: {primary.Host} is on timeline {primary.Server.Timeline}, which ended with a promotion; the target is on {newest}"), "it is the old primary, come back: make a standby of it (pg_rewind), and name the new one");
        }
    }

    private async Task<IReadOnlyList<FileChange>> ChangesAsync(RotationRequest request, NpgsqlConnectionStringBuilder place, Action<string> tell, CancellationToken cancel)
    {
        var (changes, files) = (new List<FileChange>(), target.Options.ConnectionFiles);
        foreach (var path in new[] { files.Connection, request.ConnectionFile ?? _options.ConnectionFile }.Where(p => p.Length > 0).Select(Path.GetFullPath).Distinct(StringComparer.Ordinal))
        {
            changes.Add(await ChangeAsync(path, before => ((files.Connection.Length > 0 && path == Path.GetFullPath(files.Connection)) || string.IsNullOrWhiteSpace(before) ? place : OfAnother(before, request, place)).ConnectionString + "\n", cancel).ConfigureAwait(false));
        }
        if (files.Connection.Length == 0)
        {
            tell($"targets[].connection of {target.Name} stands in the configuration itself: change it there, and restart the workers, or move it to a connection_file");
        }
        foreach (var (name, text, path) in new[] { ("check", target.Options.Connections.Check, files.Check), ("repair", target.Options.Connections.Repair, files.Repair), ("surgery", target.Options.Connections.Surgery, files.Surgery) })
        {
            if (text.Length > 0 && request.Host is not null && path.Length == 0)
            {
                tell($"connections.{name} of {target.Name} stands in the configuration itself and still names the old address");
            }
            else if (text.Length > 0 && request.Host is not null)
            {
                var own = new NpgsqlConnectionStringBuilder(text);
                Move(own, request.Host);
                changes.Add(await ChangeAsync(path, _ => own.ConnectionString + "\n", cancel).ConfigureAwait(false));
            }
        }
        if (_options.PgbouncerIni.Length > 0)
        {
            var (host, port) = place.Host!.Contains(',', StringComparison.Ordinal)
                ? throw new HealingException("pgbouncer takes one address", "give --host one HOST:PORT") : (place.Host, place.Port);
            changes.Add(await ChangeAsync(_options.PgbouncerIni, text => PgbouncerIni.Rewrite(text ?? "", place.Database ?? "", host, port, request.Password, place.Username), cancel).ConfigureAwait(false));
        }
        return changes;
    }

    /// <summary>A file that others read keeps their login, whatever ours is: only the address is new, and the password where it is of the same role.</summary>
    private static NpgsqlConnectionStringBuilder OfAnother(string before, RotationRequest request, NpgsqlConnectionStringBuilder place)
    {
        var own = new NpgsqlConnectionStringBuilder(before);
        Move(own, request.Host);
        if (request.Password is { } password && own.Username == place.Username)
        {
            own.Password = password;
        }
        return own;
    }

    private static async Task<FileChange> ChangeAsync(string path, Func<string?, string> form, CancellationToken cancel)
    {
        var before = File.Exists(path) ? await File.ReadAllTextAsync(path, cancel).ConfigureAwait(false) : null;
        return new(path, before, form(before));
    }

    private async Task EverybodyAsync(string? asked, Action<string> tell, CancellationToken cancel)
    {
        if (_options.Pgbouncer.Length > 0)
        {
            await PgbouncerConsole.TellAsync(_options.Pgbouncer, "RELOAD", cancel).ConfigureAwait(false);
            await PgbouncerConsole.TellAsync(_options.Pgbouncer, "RECONNECT", cancel).ConfigureAwait(false);
            tell("pgbouncer reloaded its configuration, and makes its connections anew");
        }
        if (_options.Hook.Length > 0)
        {
            var (done, said) = await Hook.RunAsync(_options.Hook, new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HEALING_TARGET"] = target.Name,
                ["HEALING_CONNECTION_FILE"] = (asked ?? _options.ConnectionFile) is { Length: > 0 } file ? file : target.Options.ConnectionFiles.Connection,
            }, _options.Patience, clock, cancel).ConfigureAwait(false);
            tell($"the hook {said}");
            if (!done)
            {
                throw new HealingException($"the hook {said}", "run it by hand with HEALING_TARGET and HEALING_CONNECTION_FILE set");
            }
        }
    }

    private async Task HoldsAsync(NpgsqlConnectionStringBuilder place, Action<string> tell, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var (holds, said) = _options.Health.Length > 0 ? await HealthAsync(cancel).ConfigureAwait(false) : await LookAsync(place, cancel).ConfigureAwait(false);
            if (holds)
            {
                tell($"it holds: {said}");
                return;
            }
            if (clock.GetElapsedTime(began) > _options.Patience)
            {
                throw new HealingException($"it does not hold after {_options.Patience.TotalSeconds:0} s: {said}", "the rotation is taken back where the old place still works");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(250), clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task<(bool, string)> HealthAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var answer = await http.GetAsync(new Uri(_options.Health), limit.Token).ConfigureAwait(false);
            return (answer.StatusCode == System.Net.HttpStatusCode.OK, $"{_options.Health} answers {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return (false, $"{_options.Health}: {e.Message}");
        }
    }

    private async Task<(bool, string)> LookAsync(NpgsqlConnectionStringBuilder place, CancellationToken cancel)
    {
        var seen = await OldPrimary.AskAsync(new TargetOptions { Name = target.Name, Connection = place.ConnectionString }, null, cancel).ConfigureAwait(false);
        return (seen.Any(s => s.State == HostState.TakesWrites), string.Join("; ", seen.Select(s => $"{s.Host} {s.Said}")));
    }

    /// <summary>To a place that no longer works nobody is sent back.</summary>
    private async Task TakeBackAsync(List<FileChange> written, NpgsqlConnectionStringBuilder place, long? id, Exception why, Action<string> tell)
    {
        var old = written.Count == 0 ? [] : await OldPrimary.AskAsync(target.Options, null, CancellationToken.None).ConfigureAwait(false);
        var back = target.Options.Connection != place.ConnectionString && old.Any(h => h.State == HostState.TakesWrites);
        if (back)
        {
            foreach (var change in written)
            {
                if (change.Before is { } before)
                {
                    await AtomicFile.WriteAsync(change.Path, before, CancellationToken.None).ConfigureAwait(false);
                }
                else
                {
                    File.Delete(change.Path);
                }
            }
            if (_options.Pgbouncer.Length > 0 && written.Any(w => w.Path == _options.PgbouncerIni))
            {
                try
                {
                    await PgbouncerConsole.TellAsync(_options.Pgbouncer, "RELOAD", CancellationToken.None).ConfigureAwait(false);
                }
                catch (HealingException e)
                {
                    tell($"pgbouncer does not know yet that its configuration is as before: {e.Message}");
                }
            }
            target.Forget();
        }
        var said = written.Count == 0 ? "nothing was changed"
            : back ? "everything is as before: the old place still takes writes" : "what was written stays: the old place takes no writes any more";
        tell(said);
        await AuditAsync(id, back ? "rotation_taken_back" : "rotation_failed", "error", $"{why.Message}; {said}", CancellationToken.None).ConfigureAwait(false);
    }

    private Task AuditAsync(long? id, string what, string severity, string said, CancellationToken cancel) =>
        new AuditLog(db).WriteAsync(new(what, severity, Redactor.Text(said), actor) { TargetId = id }, cancel);

    /// <param name="Before">Null: there was no such file.</param>
    private sealed record FileChange(string Path, string? Before, string After);
}
