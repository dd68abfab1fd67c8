using System.Globalization;

namespace HealingWorkers.Jobs.Failover;

/// <summary>A host with its port, as people and connection strings write it; a path is a socket's directory.</summary>
internal static class Address
{
    public static (string Host, int Port) Of(string text, int port)
    {
        var split = text.LastIndexOf(':');
        // more than one colon without brackets is an address of version 6
        return split > 0 && (text.IndexOf(':', StringComparison.Ordinal) == split || text[split - 1] == ']') && int.TryParse(text.AsSpan(split + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var own) && own is > 0 and < 65536
            ? (text[..split], own) : (text, port);
    }

    public static string Text(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
}
