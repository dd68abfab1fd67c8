using HealingWorkers.Jobs.Errors;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

/// <summary>What a person would be told.</summary>
internal static class Refusal
{
    public static async Task<HealingException> OfAsync(Func<Task> deed)
    {
        try
        {
            await deed();
        }
        catch (HealingException refusal)
        {
            Assert.That(refusal.Hint, Is.Not.Empty);
            return refusal;
        }
        throw new AssertionException("it was not refused");
    }
}
