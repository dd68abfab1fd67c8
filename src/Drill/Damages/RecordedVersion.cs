namespace HealingWorkers.Drill;

/// <summary>What the catalogue says of a collation's version after its order has changed.</summary>
public enum RecordedVersion
{
    /// <summary>An old one: PostgreSQL warns.</summary>
    Mismatch,

    /// <summary>The present one, as after a REFRESH VERSION without a rebuild: nobody warns.</summary>
    Equal,

    /// <summary>None, as with musl, C.UTF-8 or before versions were kept: nobody can warn.</summary>
    None,
}
