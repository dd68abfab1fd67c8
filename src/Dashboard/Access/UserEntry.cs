using HealingWorkers.Dashboard.Http;

namespace HealingWorkers.Dashboard.Access;

/// <summary>A line of the users file: <c>NAME ROLE HASH</c>.</summary>
public sealed record UserEntry(string Name, Role Role, string Hash) : IAccessEntry
{
    public static string Header => "# NAME ROLE HASH; written by `healing users`";

    public string Key => Name;

    public string Line => $"{Name} {Role.ToString().ToLowerInvariant()} {Hash}";

    /// <summary>Null for what is no such line.</summary>
    public static UserEntry? Parse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 3 && AccessNames.IsOne(parts[0]) && RoleOf(parts[1]) is { } role && PasswordHash.IsOne(parts[2]) ? new UserEntry(parts[0], role, parts[2]) : null;
    }

    public static Role? RoleOf(string text) => text switch { "viewer" => Role.Viewer, "operator" => Role.Operator, _ => null };
}
