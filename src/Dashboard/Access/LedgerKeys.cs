using System.Xml.Linq;
using Dapper;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace HealingWorkers.Dashboard.Access;

/// <summary>The keys that protect cookies and forms lie in the ledger, so that every replica has the same.</summary>
internal sealed class LedgerKeys(LedgerDb db) : IXmlRepository
{
    /// <summary>Any number that nobody else takes.</summary>
    private const long Turn = 7_310_561_904_221;

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var connection = db.Source.OpenConnection();
        return [.. connection.Query<string>(Sql.Of<LedgerKeys>("keys_read")).Select(XElement.Parse)];
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var connection = db.Source.OpenConnection();
        connection.Execute(Sql.Of<LedgerKeys>("key_write"), new { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });
    }

    /// <summary>One replica after the other: two that start at once must not each make a key of their own.</summary>
    public async Task EnsureAsync(IKeyManager keys, Action use, TimeProvider clock, CancellationToken cancel)
    {
        await db.InTransactionAsync(async (connection, transaction) =>
        {
            await connection.ExecuteAsync(new CommandDefinition(Sql.Of<LedgerKeys>("keys_turn"), new { Turn }, transaction, cancellationToken: cancel));
            var now = clock.GetUtcNow();
            if (!keys.GetAllKeys().Any(k => !k.IsRevoked && k.ActivationDate <= now && k.ExpirationDate > now.AddDays(1)))
                keys.CreateNewKey(now, now.AddDays(90));
            return true;
        }, cancel);
        use();
    }
}
