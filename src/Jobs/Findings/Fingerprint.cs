using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Findings;

/// <summary>The same damage to the same object of the same database always has the same fingerprint.</summary>
public static class Fingerprint
{
    public static string Of(TargetId target, FindingKind kind, string obj) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{target}\n{kind.Name}\n{obj}")))[..32];
}
