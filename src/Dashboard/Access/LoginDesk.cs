using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

/// <param name="Wait">How long nobody is let in, after too many failures.</param>
internal sealed record LoginOutcome(bool IsIn, TimeSpan? Wait);

/// <summary>Checks passwords, few at a time, and writes down who came, who went and who was turned away.</summary>
internal sealed class LoginDesk(AccessBook<UserEntry> users, Sessions sessions, LoginLimits limits, AuditLog audit) : IDisposable
{
    private const int AtOnce = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _turns = new(AtOnce);

    public async Task<LoginOutcome> EnterAsync(HttpContext context, string name, string password)
    {
        var cancel = context.RequestAborted;
        var address = context.Connection.RemoteIpAddress;
        if (!await _turns.WaitAsync(Patience, cancel))
            return new LoginOutcome(false, Patience);
        try
        {
            // Within the turn, or many at once would all be checked before the first is counted.
            if (limits.Wait(address, name) is { } wait)
                return new LoginOutcome(false, wait);
            var user = users.Find(name);
            var right = await Task.Run(() => PasswordHash.Fits(password, user?.Hash ?? PasswordHash.OfNobody), cancel);
            if (user is null || !right)
            {
                var last = limits.Failed(address, name);
                // A name that nobody has may be a password in the wrong field.
                await WriteAsync("login.failed", "warning", $"login failed from {address}", user?.Name ?? "(unknown name)", cancel);
                if (last)
                    await WriteAsync("login.locked", "warning", $"logins from {address} or as this user are refused for a while, after too many failures", user?.Name ?? "(unknown name)", cancel);
                return new LoginOutcome(false, null);
            }
            limits.Succeeded(address, name);
            await WriteAsync("login.succeeded", "info", $"logged in as {user.Role.ToString().ToLowerInvariant()} from {address}", user.Name, cancel);
            await sessions.BeginAsync(context, user);
            return new LoginOutcome(true, null);
        }
        finally
        {
            _turns.Release();
        }
    }

    public async Task LeaveAsync(HttpContext context, Visitor visitor)
    {
        await sessions.EndAsync(context);
        if (Outage.Offline.Is(context))
            return;
        try
        {
            await WriteAsync("logout", "info", "logged out", visitor.Name, context.RequestAborted);
        }
        catch (Exception e) when (LedgerOutage.Is(e))
        {
            // nobody is kept in because the ledger is away: the session is ended, and what ends it waits to be written
        }
    }

    public void Dispose() => _turns.Dispose();

    private Task WriteAsync(string what, string severity, string message, string actor, CancellationToken cancel) =>
        audit.WriteAsync(new AuditEntry(what, severity, message, actor), cancel);
}
