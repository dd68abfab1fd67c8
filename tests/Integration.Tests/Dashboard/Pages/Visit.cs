using System.Text.RegularExpressions;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>Somebody with cookies who fills in forms; what a browser without script would send.</summary>
internal sealed partial class Visit(Uri address) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = address };

    public Task<string> GetAsync(string page) => _http.GetStringAsync(page);

    /// <summary>Opens the page, takes the token of its forms, posts to an address (under the page, or of its own) and follows back to the list or the page.</summary>
    public async Task<string> PostAsync(string page, string to, params (string Name, string Value)[] fields)
    {
        var token = Token().Match(await GetAsync(page)).Groups[1].Value;
        var path = page.Split('?')[0];
        using var form = new FormUrlEncodedContent([.. fields.Select(f => KeyValuePair.Create(f.Name, f.Value)), KeyValuePair.Create("__RequestVerificationToken", token), KeyValuePair.Create("back", to.Count(c => c == '/') > 1 ? "/incidents" : path)]);
        var answer = await _http.PostAsync(to.Count(c => c == '/') > 1 ? to : path + to, form);
        return System.Net.WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
