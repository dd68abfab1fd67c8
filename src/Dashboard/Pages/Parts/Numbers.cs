using System.Globalization;

namespace HealingWorkers.Dashboard.Pages.Parts;

/// <summary>Numbers as they come in addresses and forms, where anybody may have written anything.</summary>
public static class Numbers
{
    /// <summary>Null where there is none, or it is no number.</summary>
    public static long? Of(string? text) => long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;
}
