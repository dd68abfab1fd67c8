using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Options;

/// <summary>What may be written for a key: the words for it, and the reading of it.</summary>
/// <param name="Name">What was expected, as a message says it.</param>
/// <param name="Read">Throws <see cref="FormatException"/>, whose message says why; an empty one means just "not that".</param>
public sealed partial record ConfigType(string Name, Func<string, object?> Read)
{
    /// <summary>How a value is shown to people.</summary>
    public Func<string, string> Show { get; init; } = text => text;
    public bool IsSecret { get; init; }

    public static readonly ConfigType Text = new("text", text => text);

    public static readonly ConfigType Flag = new("true or false", text => text switch
    {
        "true" => true,
        "false" => false,
        _ => throw new FormatException(),
    });

    public static readonly ConfigType Connection = new("a connection string like \"Host=db1;Database=movies;Username=healing\"", ReadConnection) { Show = Redactor.Connection, IsSecret = true };

    public static readonly ConfigType WebAddress = new("an http or https address", text =>
        text.Length == 0 || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") ? text : throw new FormatException())
    { Show = Redactor.Address, IsSecret = true };

    public static readonly ConfigType WebPage = new("an http or https address", WebAddress.Read);

    /// <summary>A secret that is nothing else; never shown.</summary>
    public static readonly ConfigType Password = new("text", text => text.Any(char.IsControl) ? throw new FormatException("it has control characters in it") : text)
    { Show = text => text.Length == 0 ? "" : Redactor.Mask, IsSecret = true };

    public static readonly ConfigType Listen = new("an address and a port like 127.0.0.1:8080", ReadListen);

    public static readonly ConfigType Networks = new("addresses or networks like 10.0.0.5, 10.1.0.0/16", ReadNetworks);

    public static readonly ConfigType Header = new("the name of a header", text =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? text : throw new FormatException());

    public static readonly ConfigType Path = new("a path", text => text.Contains('\0', StringComparison.Ordinal) ? throw new FormatException() : text);

    public static readonly ConfigType Columns = new("columns like movies.id or \"Sales\".orders.movie_id", ColumnList.Parse);

    public static readonly ConfigType Column = new("a column like movies.rating or \"Sales\".orders.state", text =>
        ColumnList.Parse(text) is { Columns.Count: 1 } one ? one : throw new FormatException("one column was expected"));

    public static readonly ConfigType TableName = new("a name like ratings or public.ratings", TablePath.Parse);

    public static readonly ConfigType Table = Optional(TableName);

    public static readonly ConfigType Revision = new("empty, or the number of a revision", text =>
        text.Length == 0 ? null : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? n : throw new FormatException());

    public static readonly ConfigType Recurrence = new("an interval like 10m, 1d or 1w, or a cron line of five fields", text =>
        Cadence.Problem(text) is { } problem ? throw new FormatException(problem) : text);

    public static readonly ConfigType Window = new("a window like \"Sun 02:00-04:00 Europe/Vienna\", or nothing", text =>
    {
        try
        {
            MaintenanceWindow.Parse(text);
            return text;
        }
        catch (HealingException e)
        {
            throw new FormatException("", e);
        }
    });

    public static readonly ConfigType Size = new("a size like 500MB, 20GB or 2TB", text =>
        SizeText().Match(text) is { Success: true } m && long.TryParse(m.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < 1 << 20
            ? n << (m.Groups[2].Value switch { "MB" => 20, "GB" => 30, _ => 40 })
            : throw new FormatException());

    public static ConfigType Number(int least, int most) => new(string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), text =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : throw new FormatException());

    public static ConfigType Duration(TimeSpan least, TimeSpan most) => new(
        $"a duration from {Durations.Text(least)} to {Durations.Text(most)}, like 30s, 10m, 12h, 1d or 1w",
        text => Durations.TryParse(text, out var d) && d >= least && d <= most ? d : throw new FormatException());

    public static ConfigType Choice<T>() where T : struct, Enum
    {
        var names = Enum.GetNames<T>().ToDictionary(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName, n => (object)Enum.Parse<T>(n), StringComparer.Ordinal);
        return new(string.Join(" or ", names.Keys), text => names.TryGetValue(text, out var value) ? value : throw new FormatException());
    }

    /// <summary>The same, or nothing at all, which is null.</summary>
    public static ConfigType Optional(ConfigType type) => type with { Name = "empty, or " + type.Name, Read = text => text.Length == 0 ? null : type.Read(text) };

    private static string ReadConnection(string text)
    {
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(text);
            return text.Length == 0 || !string.IsNullOrEmpty(parts.Host) ? text : throw new FormatException("it names no Host");
        }
        catch (ArgumentException e)
        {
            // Npgsql's message holds what stood before the equals sign; unless that looks like a keyword it might be part of a secret.
            var keyword = Keyword().Match(e.Message).Groups[1].Value;
            throw new FormatException(keyword.Length > 0 ? $"see `{keyword}` in it" : "", e);
        }
    }

    private static string ReadListen(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }
        var split = text.LastIndexOf(':');
        if (split <= 0 || !ushort.TryParse(text[(split + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new FormatException();
        }
        var host = text[..split].Trim('[', ']');
        return host == "localhost" || IPAddress.TryParse(host, out _) ? text : throw new FormatException("it has no numeric address");
    }

    private static List<IPNetwork> ReadNetworks(string text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var whole = part.Contains('/', StringComparison.Ordinal) ? part : IPAddress.TryParse(part, out var one) ? $"{part}/{(one.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)}" : "";
            if (!IPNetwork.TryParse(whole, out var network))
            {
                throw new FormatException($"`{part}` is none");
            }
            networks.Add(network.PrefixLength > 0 ? network : throw new FormatException($"`{part}` is everybody"));
        }
        return networks;
    }

    [GeneratedRegex(@"\A(\d{1,7})(MB|GB|TB)\z", RegexOptions.None, 1000)]
    private static partial Regex SizeText();

    [GeneratedRegex(@"\ACouldn't set ([A-Za-z][A-Za-z ]{0,30}) \(", RegexOptions.None, 1000)]
    private static partial Regex Keyword();
}
