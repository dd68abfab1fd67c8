using System.Net;
using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of the web server and of its doors.</summary>
internal static class HttpKeys
{
    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Key("listen", Listen, "127.0.0.1:8080", "Where pages, API and health are served; port 0 takes a free one. Beyond loopback a login is required: users_file, tokens_file or trusted_proxy.", (h, v) => h.Listen = (string)v!),
        Key("users_file", ConfigType.Path, "", "Users, their roles and the hashes of their passwords; `healing users` writes it. Readable by others, or writable by more than its owner, it is refused.", (h, v) => h.UsersFile = (string)v!),
        Key("tokens_file", ConfigType.Path, "", "API tokens, hashed; `healing tokens` writes it. The same permissions.", (h, v) => h.TokensFile = (string)v!),
        Key("trusted_proxy", Networks, "", "Addresses or networks, with commas between, of the proxy whose word on the user, the address and the scheme is taken. From everywhere else that word is refused.", (h, v) => h.TrustedProxy = (IReadOnlyList<IPNetwork>)v!),
        Key("proxy_user_header", Header, "X-Forwarded-User", "Where the trusted proxy names the user; empty: it names none.", (h, v) => h.ProxyUserHeader = (string)v!),
        Key("proxy_groups_header", Header, "X-Forwarded-Groups", "Where the trusted proxy names the user's groups, with commas between.", (h, v) => h.ProxyGroupsHeader = (string)v!),
        Key("proxy_operators[]", Text, "", "Who of those that the proxy names is an operator: a user, or group:NAME. Everybody else is a viewer.", (h, v) => h.ProxyOperators.Add((string)v!)),
        Key("host_names[]", Text, "", "Names by which this server may be called, beside loopback names and, beyond loopback, numeric addresses.", (h, v) => h.HostNames.Add((string)v!)),
        Key("session", Duration(TimeSpan.FromMinutes(5), TimeSpan.FromDays(7)), "12h", "How long a login lasts.", (h, v) => h.Session = (TimeSpan)v!),
        Key("metrics", Choice<MetricsAccess>(), "login", "login: /metrics takes a login or a token where there is a login; open: it asks nobody.", (h, v) => h.Metrics = (MetricsAccess)v!),
        Key("certificate", ConfigType.Path, "", "A certificate with its chain (PEM): then everything is served over TLS. Read again when it changes.", (h, v) => h.Certificate = (string)v!),
        Key("certificate_key", ConfigType.Path, "", "The certificate's key (PEM).", (h, v) => h.CertificateKey = (string)v!),
    ];

    private static ConfigKey Key(string name, ConfigType type, string initial, string description, Action<HttpOptions, object?> bind) =>
        new("http." + name, type, initial, description, (o, v) => bind(((HealingOptions)o).Http, v));
}
