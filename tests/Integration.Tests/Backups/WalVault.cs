using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A vault whose server bounds what slots hold back, with a table in which something is said, and its WAL.</summary>
internal static class WalVault
{
    public static async Task<Vault> OpenAsync()
    {
        var vault = await Vault.OpenAsync(new() { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_slot_wal_keep_size"] = "1GB" } });
        vault.Options.Backups.Wal = true;
        await vault.Cluster.ExecuteAsync(Vault.Hostile, "CREATE TABLE said (word text)");
        return vault;
    }

    public static WalReceiver Receiver(Vault vault) => new(vault.Target, vault.Options.Backups, "", vault.Ways.Archive) { LookEvery = TimeSpan.FromMilliseconds(200) };

    public static async Task ReceivedAsync(Vault vault)
    {
        var lsn = await vault.Cluster.ScalarAsync<string>("postgres", "SELECT pg_current_wal_lsn()::text");
        await Poll.UntilAsync(async stop => await vault.Cluster.ScalarAsync<bool>("postgres",
            "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'healing wal' AND flush_lsn >= @lsn::pg_lsn)", new { lsn }, stop), TimeSpan.FromSeconds(60), $"all WAL up to {lsn} received");
    }

    /// <summary>What is said in a restore.</summary>
    public static async Task<string> WordsAsync(Vault vault, Backup backup, RestoreUntil? until)
    {
        var to = Directory.CreateTempSubdirectory("healing-restored-");
        ServerUser.Current.Own(to.FullName);
        try
        {
            await using var revived = await Revived.StartAsync(await vault.Ways.Of(backup.Provider).RestoreAsync(backup, to.FullName, until, default));
            return string.Join(", ", await (await revived.OpenAsync(Vault.Hostile)).QueryAsync<string>("SELECT word FROM said ORDER BY ctid"));
        }
        finally
        {
            to.Delete(recursive: true);
        }
    }
}
