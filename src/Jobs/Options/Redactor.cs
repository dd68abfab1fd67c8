using System.Text.RegularExpressions;
using Npgsql;

namespace HealingWorkers.Jobs.Options;

/// <summary>Takes secrets out of whatever is shown, logged or stored for people to read.</summary>
public static partial class Redactor
{
    public const string Mask = "***";

    /// <summary>A connection string without its password, and without anything that does not parse.</summary>
    public static string Connection(string connection)
    {
        if (connection.Length == 0)
        {
            return "";
        }
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(connection);
            if (!string.IsNullOrEmpty(parts.Password))
            {
                parts.Password = Mask;
            }
            if (!string.IsNullOrEmpty(parts.SslPassword))
            {
                parts.SslPassword = Mask;
            }
            return parts.ConnectionString;
        }
        catch (ArgumentException)
        {
            return Mask;
        }
    }

    /// <summary>An address as far as its host: path and query of a webhook are its password.</summary>
    public static string Address(string address) =>
        address.Length == 0 ? "" : Uri.TryCreate(address, UriKind.Absolute, out var uri) ? $"{uri.Scheme}://{uri.Authority.Split('@')[^1]}/{Mask}" : Mask;

    /// <summary>Any text: what looks like a password in a connection string or in an address is masked.</summary>
    public static string Text(string text) => InAddress().Replace(InConnection().Replace(text, "$1" + Mask), "$1:" + Mask + "@");

    [GeneratedRegex("""\b((?:ssl ?)?(?:password|passwd|pwd|passfile)\s*=\s*)(?:'[^']*'|"[^"]*"|[^;'"\s]+)""", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex InConnection();

    [GeneratedRegex(@"(\w+://[^/\s:@]*):[^@\s/]+@", RegexOptions.None, 1000)]
    private static partial Regex InAddress();
}
