using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Findings;

/// <summary>The same damage to the same object of the same database always has the same fingerprint.</summary>
public static class Fingerprint
{
    /// <param name="part">What of the object, where one object can have the same kind of damage more than once: a constraint, a rule, a block.</param>
    public static string Of(TargetId target, FindingKind kind, string obj, string? part = null) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{target}\n{kind.Name}\n{obj}{(part is null ? "" : "\n" + part)}")))[..32];
}
