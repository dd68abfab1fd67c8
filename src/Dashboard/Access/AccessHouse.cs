using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Access;

/// <summary>Puts the doors of a dashboard together: who may enter by which of them, and the keys that all replicas share.</summary>
internal sealed class AccessHouse : IAsyncDisposable
{
    private readonly DashboardParts _parts;
    private readonly HttpOptions _http;
    private readonly LedgerKeys _keys;
    private readonly Logouts _logouts;
    private readonly AccessBook<UserEntry> _users;
    private readonly AccessBook<TokenEntry> _tokens;
    private LoginDesk? _desk;

    public AccessHouse(DashboardParts parts, Outage.LedgerWatch watch)
    {
        (_parts, _http) = (parts, parts.Options.Http);
        var log = parts.Logs.CreateLogger("HealingWorkers.Access");
        _keys = new LedgerKeys(parts.Ledger);
        _logouts = new Logouts(parts.Ledger, parts.Clock, log, () => watch.IsSilent);
        _users = new AccessBook<UserEntry>(_http.UsersFile.Length > 0 ? Door.Users(_http) : null, parts.Clock, log);
        _tokens = new AccessBook<TokenEntry>(_http.TokensFile.Length > 0 ? Door.Tokens(_http) : null, parts.Clock, log);
    }

    public void Add(IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("HealingWorkers");
        services.Configure<KeyManagementOptions>(keys => keys.XmlRepository = _keys);
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = "healing_form";
            forms.Cookie.HttpOnly = true;
            forms.Cookie.SameSite = SameSiteMode.Strict;
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            forms.SuppressXFrameOptionsHeader = true;
        });
        services.AddSingleton(p => new Sessions(_http, _users, _logouts, p.GetRequiredService<IDataProtectionProvider>(), _parts.Clock));
    }

    public RequestDelegate Gate(IServiceProvider services, Outage.OutageGuard outage, RequestDelegate next)
    {
        var gate = new Gate(_http, _tokens, new ProxyTrust(_http), services.GetRequiredService<Sessions>(), _parts.Clock);
        var fence = new TargetFence(_parts.Ledger, new TargetSight(_parts));
        return context => gate.CheckAsync(context, known => outage.ServeAsync(known, served => fence.CheckAsync(served, next)));
    }

    public void Map(WebApplication app)
    {
        if (_http.UsersFile.Length == 0)
            return;
        _desk = new LoginDesk(_users, app.Services.GetRequiredService<Sessions>(), new LoginLimits(_parts.Clock), new AuditLog(_parts.Ledger));
        LoginEndpoints.Map(app, _desk);
    }

    /// <summary>Has the keys in the ledger before the first visitor comes.</summary>
    public Task ReadyAsync(IServiceProvider services, CancellationToken cancel)
    {
        if (_http.UsersFile.Length > 0)
            _logouts.Start();
        return _keys.EnsureAsync(services.GetRequiredService<IKeyManager>(), () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("HealingWorkers.Start").Protect([1]), _parts.Clock, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _desk?.Dispose();
        await _logouts.DisposeAsync();
    }
}
