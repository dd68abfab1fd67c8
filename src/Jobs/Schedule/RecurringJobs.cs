using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>The recurring jobs that a configuration asks for.</summary>
public static class RecurringJobs
{
    public static IReadOnlyList<RecurringJob> For(HealingOptions options)
    {
        var healing = options.AutoHealing;
        if (!healing.Enabled)
        {
            return [];
        }
        return
        [
            .. options.Targets.SelectMany(target => new[]
            {
                Of(JobNames.HealthCheck, target.Name, healing.HealthCheckInterval),
                Of(JobNames.IndexCheck, target.Name, healing.IndexCheckInterval),
                Of(JobNames.OrphanCleanup, target.Name, healing.OrphanCleanupInterval),
            }),
            .. options.Targets.Where(t => options.Backups.ProviderOf(t) != BackupProvider.None).SelectMany(t => new[]
            {
                Of(JobNames.Backup, t.Name, options.Backups.Every),
                Of(JobNames.RestoreTest, t.Name, options.Backups.Prove),
            }),
        ];
    }

    public static RecurringJob Of(string job, string target, string interval)
    {
        var id = JobNames.RecurringId(job, target);
        var line = Cadence.Line(interval, Share(id));
        return new RecurringJob(id, job, target, line.ToString(), line.Zone.Id);
    }

    // The same in every process and after every restart, which string.GetHashCode is not.
    private static double Share(string id) =>
        BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(id))) / (uint.MaxValue + 1.0);
}
