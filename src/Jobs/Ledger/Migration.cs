using System.Security.Cryptography;
using System.Text;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>One numbered step of the ledger's schema, up and down.</summary>
/// <param name="Additive">Programs that do not know it can live with it (header line <c>-- additive</c>).</param>
/// <param name="Optional">Programs that know it can live without it (header line <c>-- optional</c>).</param>
public sealed record Migration(int Revision, string Name, string Up, string Down, bool Additive, bool Optional)
{
    public string UpFile => $"{Revision:0000}_{Name}.up.sql";
    public string DownFile => $"{Revision:0000}_{Name}.down.sql";
    public string UpSha256 => Hash(Up);
    public string DownSha256 => Hash(Down);

    /// <summary>The same for a checkout with other line ends.</summary>
    internal static string Hash(string sql) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql.Replace("\r\n", "\n", StringComparison.Ordinal))));
}
