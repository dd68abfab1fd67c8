using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>pgbouncer's own console. It takes simple queries only, so that psql speaks with it.</summary>
internal static class PgbouncerConsole
{
    public static async Task TellAsync(string connection, string command, CancellationToken cancel)
    {
        var to = new NpgsqlConnectionStringBuilder(connection);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGHOST"] = to.Host!,
            ["PGPORT"] = to.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = to.Username ?? "pgbouncer",
            ["PGDATABASE"] = string.IsNullOrEmpty(to.Database) ? "pgbouncer" : to.Database,
            ["PGCONNECT_TIMEOUT"] = "5",
            ["PGSSLMODE"] = to.SslMode switch { SslMode.Disable => "disable", SslMode.Require => "require", SslMode.VerifyCA => "verify-ca", SslMode.VerifyFull => "verify-full", _ => "prefer" },
        };
        if (!string.IsNullOrEmpty(to.Password))
        {
            environment["PGPASSWORD"] = to.Password;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var (code, output) = await Programs.RunTiedAsync([Psql(), "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", command], environment, limit.Token).ConfigureAwait(false);
        if (code != 0)
        {
            throw new HealingException($"pgbouncer's console did not take {command}: {Redactor.Text(output.Trim())}", "rotation.pgbouncer names its console (Database=pgbouncer) and a user of admin_users");
        }
    }

    private static string Psql() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(d => Path.Combine(d, "bin")) : [])
            .Select(d => Path.Combine(d, "psql")).FirstOrDefault(File.Exists)
        ?? throw new HealingException("psql is not installed here, and pgbouncer's console takes nothing else", "apt-get install postgresql-client");
}
