using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a person has read of a plan, in one word: its repair, its statements and how many rows it takes.</summary>
public static class PlanHash
{
    public static string Of(RepairPlan plan) => Convert.ToHexStringLower(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new { plan.Repair, plan.Risk, plan.Steps, plan.Rows }, LedgerJson.Options)));
}
