using System.Globalization;

namespace HealingWorkers.Dashboard.Access;

/// <summary>What a session cookie says, once it is unprotected.</summary>
/// <param name="Stamp">Of the user's line in the users file: another password or another role ends the session.</param>
internal sealed record Session(string Id, string User, string Stamp, DateTimeOffset Until)
{
    private const string Version = "1";

    public string Text => string.Join('\n', Version, Id, User, Stamp, Until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));

    public static Session? Parse(string text)
    {
        var parts = text.Split('\n');
        return parts.Length == 5 && parts[0] == Version && long.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out var until)
            ? new Session(parts[1], parts[2], parts[3], DateTimeOffset.FromUnixTimeSeconds(until))
            : null;
    }
}
