using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Telemetry;

public enum DatabaseRole { Control, Target }

/// <summary>A database that this fleet depends on, and whether it has to take writes.</summary>
public sealed record DatabasePlace(string Name, DatabaseRole Role, IReadOnlyList<string> Connections, bool MustWrite)
{
    public static DatabasePlace Control(string connection) => new("control", DatabaseRole.Control, [connection], MustWrite: true);

    /// <summary>A target that is only observed may be a standby; one that is healed may not.</summary>
    public static DatabasePlace Of(TargetOptions target, HealingMode global)
    {
        var heals = global == HealingMode.Heal && (target.Mode ?? global) == HealingMode.Heal;
        var check = Or(target.Connections.Check, target.Connection);
        var repair = Or(target.Connections.Repair, target.Connection);
        return new(target.Name, DatabaseRole.Target, heals && repair != check ? [check, repair] : [heals ? repair : check], heals);
    }

    private static string Or(string connection, string otherwise) => connection.Length > 0 ? connection : otherwise;
}
