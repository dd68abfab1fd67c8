using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a person has read of a plan, in one word: its repair, its statements and how many rows it takes.</summary>
public static class PlanHash
{
    /// <summary>What an approval of it is bound to: to this very plan where it may lose something, else to its rows alone, and null.</summary>
    public static string? BindingOf(RepairPlan plan) => plan.Risk == RiskClass.Manual ? Of(plan) : null;

    public static string Of(RepairPlan plan) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new { plan.Repair, plan.Risk, plan.Steps, plan.Rows }, LedgerJson.Options)));
}
