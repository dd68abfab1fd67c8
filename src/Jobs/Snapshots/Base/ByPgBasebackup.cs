using System.Globalization;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>pg_basebackup of the server's own version: online, over a replication connection.</summary>
internal sealed class ByPgBasebackup : IBaseWay
{
    private const string Program = "pg_basebackup";
    private const int MostWords = 400;

    public BaseSnapshot Kind => BaseSnapshot.BaseBackup;

    public string Name => Program;

    public async Task<string?> WhyNotAsync(BaseRequest request, CancellationToken cancel) =>
        await FindAsync(request, cancel).ConfigureAwait(false) is null ? $"{Program} of PostgreSQL {request.Facts.Major} is not installed here" : null;

    public async Task<string?> CopyAsync(BaseRequest request, ServerPlaces places, BaseFolder into, CancellationToken cancel)
    {
        var program = (await FindAsync(request, cancel).ConfigureAwait(false))!;
        var login = TargetConnection.ForRepairs(request.Target.Options);
        List<string> command =
        [
            program, "--pgdata", into.Data, "--wal-method", "stream", "--checkpoint", "fast", "--manifest-checksums", "SHA256", "--no-password", "--label", $"healing {request.Name}",
            "--host", request.Connection.Host!, "--port", request.Connection.Port.ToString(CultureInfo.InvariantCulture), "--username", login.Username ?? request.Facts.Role,
        ];
        foreach (var (oid, path) in places.Tablespaces)
        {
            command.AddRange(["--tablespace-mapping", $"{path.Replace("=", "\\=", StringComparison.Ordinal)}={into.Tablespace(oid).Replace("=", "\\=", StringComparison.Ordinal)}"]);
        }
        var (code, said) = await Programs.RunTiedAsync(command, Environment(login), cancel).ConfigureAwait(false);
        if (code != 0)
        {
            return $"{Program} ended with {code}: {Words(said)}";
        }
        into.LinkTablespaces(places.Tablespaces.Select(t => t.Oid));
        return null;
    }

    private static Task<string?> FindAsync(BaseRequest request, CancellationToken cancel) =>
        ServerPrograms.FindAsync(Program, request.Facts.Major, request.Programs, request.Target.Options.DataDirectory is { Length: > 0 } configured ? configured : request.Facts.DataDirectory, cancel);

    /// <summary>What only the environment may carry: passwords are seen by everybody on a command line.</summary>
    private static Dictionary<string, string> Environment(NpgsqlConnectionStringBuilder login)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PGAPPNAME"] = "healing snapshot", ["PGCONNECT_TIMEOUT"] = "10" };
        if (login.Password is { Length: > 0 } password)
        {
            environment["PGPASSWORD"] = password;
        }
        if (login.Passfile is { Length: > 0 } file)
        {
            environment["PGPASSFILE"] = file;
        }
        environment["PGSSLMODE"] = login.SslMode switch
        {
            SslMode.VerifyCA => "verify-ca",
            SslMode.VerifyFull => "verify-full",
            var mode => mode.ToString().ToLowerInvariant(),
        };
        if (login.RootCertificate is { Length: > 0 } root)
        {
            environment["PGSSLROOTCERT"] = root;
        }
        return environment;
    }

    private static string Words(string said)
    {
        var line = string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.Contains("NOTICE", StringComparison.Ordinal)));
        return line.Length > MostWords ? line[..MostWords] : line;
    }
}
