using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a person has read of a plan, in one word: its repair, its statements, how many rows it takes, and what it asks.</summary>
public static class PlanHash
{
    /// <summary>What an approval of it is bound to, beside its rows: to this very plan where it may lose something, else to what it asks; null where it asks nothing.</summary>
    public static string? BindingOf(RepairPlan plan) => plan.Risk == RiskClass.Manual ? Of(plan) : PlanQuestions.BindingOf(plan.Asks);

    public static string Of(RepairPlan plan) => plan.Asks is null ? OfWork(plan) : Hash(new { Work = OfWork(plan), plan.Asks });

    /// <summary>What it does, whatever it asks. Rows that somebody moved meanwhile are the same rows.</summary>
    public static string OfWork(RepairPlan plan) => Hash(new { plan.Repair, plan.Risk, Steps = plan.Steps.Select(s => s with { Parameters = null }), plan.Rows });

    private static string Hash(object of) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(of, LedgerJson.Options)));
}
