using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>What became of a change: told once, on the page that the visitor is sent back to.</summary>
internal sealed class Flash(IDataProtectionProvider protection)
{
    private const string Cookie = "healing_flash";
    private const int Longest = 1500;
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("flash").ToTimeLimitedDataProtector();

    public void Say(HttpContext context, bool good, string text)
    {
        var told = (good ? "+" : "-") + (text.Length > Longest ? text[..Longest] : text);
        context.Response.Cookies.Append(Cookie, _protector.Protect(told, TimeSpan.FromMinutes(1)),
            new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", MaxAge = TimeSpan.FromMinutes(1) });
    }

    /// <summary>As HTML; empty where nothing is to be told.</summary>
    public string Take(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 } sealedText)
            return "";
        context.Response.Cookies.Delete(Cookie, new CookieOptions { Path = "/" });
        try
        {
            var told = _protector.Unprotect(sealedText);
            var good = told[0] == '+';
            return $"""<div data-flash class="note {(good ? "good" : "bad")}" role="{(good ? "status" : "alert")}">{HtmlEncoder.Default.Encode(told[1..])}</div>""";
        }
        catch (CryptographicException)
        {
            // too old, or of another process: there is nothing to tell
            return "";
        }
    }
}
