using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Dashboard.Access;

/// <summary>The files that say who may enter, and whether a server may start with them.</summary>
public static class Door
{
    public static AccessFile<UserEntry> Users(HttpOptions http) => new(http.UsersFile, "http.users_file", UserEntry.Parse, UserEntry.Header);

    public static AccessFile<TokenEntry> Tokens(HttpOptions http) => new(http.TokensFile, "http.tokens_file", TokenEntry.Parse, TokenEntry.Header);

    /// <summary>Refuses to serve beyond loopback without a login, and to ask for a login that nobody has.</summary>
    public static void Check(HttpOptions http)
    {
        var listen = ListenAddress.Parse(http.Listen, "http.listen");
        if (!http.HasLogin)
        {
            if (!System.Net.IPAddress.IsLoopback(listen.Address))
                throw new HealingException($"http.listen is `{http.Listen}`: beyond loopback nothing is served without a login",
                    "set http.users_file and `healing users add NAME --role operator`, or http.tokens_file, or http.trusted_proxy; or listen on 127.0.0.1 and reach it through an SSH tunnel");
            return;
        }
        var (users, tokens) = (http.UsersFile.Length > 0 ? Users(http).Read().Count : 0, http.TokensFile.Length > 0 ? Tokens(http).Read().Count : 0);
        if (users + tokens == 0 && (http.TrustedProxy.Count == 0 || http.ProxyUserHeader.Length == 0))
            throw new HealingException($"a login is configured, and {(http.UsersFile.Length > 0 ? http.UsersFile : http.TokensFile)} has nobody in it, so that nobody could log in",
                http.UsersFile.Length > 0 ? "`healing users add NAME --role operator` adds one" : "`healing tokens create NAME --scope operate` makes a token");
    }
}
