using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

/// <summary>Sessions live in a cookie that only we can write. Each login begins a new one; nothing that a visitor brings becomes one.</summary>
internal sealed class Sessions(HttpOptions http, AccessBook<UserEntry> users, Logouts logouts, IDataProtectionProvider protection, TimeProvider clock)
{
    private const string Cookie = "healing_session";
    private readonly IDataProtector _protector = protection.CreateProtector("HealingWorkers.Session");

    public async Task<Visitor?> VisitorAsync(HttpContext context)
    {
        if (Read(context) is not { } session || users.Find(session.User) is not { } user || !Same(session.Stamp, StampOf(user)) || await logouts.HasAsync(session.Id, context.RequestAborted))
            return null;
        context.Items[typeof(Session)] = session;
        return new Visitor(user.Name, user.Role) { By = Entrance.Session };
    }

    public async Task BeginAsync(HttpContext context, UserEntry user)
    {
        await EndAsync(context);
        var session = new Session(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), user.Name, StampOf(user), clock.GetUtcNow() + http.Session);
        context.Response.Cookies.Append(Name(context), _protector.Protect(session.Text), Options(context, http.Session));
    }

    public async Task EndAsync(HttpContext context)
    {
        if (Read(context) is { } session)
            await logouts.EndAsync(session.Id, session.Until, context.RequestAborted);
        context.Response.Cookies.Delete(Name(context), Options(context, null));
    }

    private Session? Read(HttpContext context)
    {
        if (context.Request.Cookies[Name(context)] is not { Length: > 0 and < 4096 } text)
            return null;
        try
        {
            return Session.Parse(_protector.Unprotect(text)) is { } session && session.Until > clock.GetUtcNow() ? session : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    /// <summary>A browser takes a cookie of this name only over TLS, from this host and for all of it.</summary>
    private static string Name(HttpContext context) => context.Request.IsHttps ? "__Host-" + Cookie : Cookie;

    private static CookieOptions Options(HttpContext context, TimeSpan? age) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", MaxAge = age, IsEssential = true };

    private static string StampOf(UserEntry user) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(user.Line)));

    private static bool Same(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(a), Encoding.ASCII.GetBytes(b));
}
