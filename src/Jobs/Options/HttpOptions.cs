using System.Net;

namespace HealingWorkers.Jobs.Options;

/// <summary>Where pages and API are served, and who may enter.</summary>
public sealed class HttpOptions
{
    public string Listen { get; set; } = "127.0.0.1:8080";
    public string UsersFile { get; set; } = "";
    public string TokensFile { get; set; } = "";
    public IReadOnlyList<IPNetwork> TrustedProxy { get; set; } = [];
    public string ProxyUserHeader { get; set; } = "X-Forwarded-User";
    public string ProxyGroupsHeader { get; set; } = "X-Forwarded-Groups";
    /// <summary>Users, and groups as group:NAME, whom the proxy names and who may change things.</summary>
    public IList<string> ProxyOperators { get; set; } = [];
    public IList<string> HostNames { get; set; } = [];
    public TimeSpan Session { get; set; } = TimeSpan.FromHours(12);
    public MetricsAccess Metrics { get; set; } = MetricsAccess.Login;
    public string Certificate { get; set; } = "";
    public string CertificateKey { get; set; } = "";

    /// <summary>Once there is a way to log in, nobody gets by without, on loopback neither: a proxy on this machine comes from there.</summary>
    public bool HasLogin => UsersFile.Length > 0 || TokensFile.Length > 0 || (TrustedProxy.Count > 0 && ProxyUserHeader.Length > 0);
}

/// <summary>Whether /metrics asks for a login where there is one.</summary>
public enum MetricsAccess { Login, Open }
