using System.Net;

namespace HealingWorkers.Jobs.Options;

/// <summary>What must hold between the keys of the web server: beyond loopback nothing is served to whoever comes along.</summary>
internal static class HttpRules
{
    public static void Check(HealingOptions options, IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems, string directory)
    {
        var http = options.Http;
        http.UsersFile = Full(http.UsersFile, directory);
        http.TokensFile = Full(http.TokensFile, directory);
        http.Certificate = Full(http.Certificate, directory);
        http.CertificateKey = Full(http.CertificateKey, directory);
        if (!IsLoopback(http.Listen) && !http.HasLogin)
        {
            problems.Add(Source("http.listen"), $"`http.listen` is `{http.Listen}`: beyond loopback a login is required; set `http.users_file` (and `healing users add`), `http.tokens_file` or `http.trusted_proxy`, or listen on 127.0.0.1");
        }
        if (!IsLoopback(options.Worker.MetricsListen) && http.TokensFile.Length == 0 && http.Metrics == MetricsAccess.Login)
        {
            problems.Add(Source("worker.metrics_listen"), $"`worker.metrics_listen` is `{options.Worker.MetricsListen}`: beyond loopback a token is required; set `http.tokens_file` (and `healing tokens create NAME --scope metrics`), or `http.metrics: open` to show the numbers to everybody");
        }
        if (http.Certificate.Length == 0 != (http.CertificateKey.Length == 0))
        {
            problems.Add(Source(http.Certificate.Length == 0 ? "http.certificate_key" : "http.certificate"), "`http.certificate` and `http.certificate_key` go together; one of them is missing");
        }

        string Source(string path) => entries.GetValueOrDefault(path)?.Source ?? "default";
    }

    private static string Full(string path, string directory) => path.Length == 0 ? "" : Path.GetFullPath(path, directory);

    /// <summary>True for nowhere, too. What is no address has been told of already.</summary>
    private static bool IsLoopback(string listen)
    {
        var host = listen[..Math.Max(0, listen.LastIndexOf(':'))].Trim('[', ']');
        return host is "" or "localhost" || !IPAddress.TryParse(host, out var address) || IPAddress.IsLoopback(address);
    }
}
