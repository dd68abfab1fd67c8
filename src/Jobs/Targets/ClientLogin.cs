using System.Globalization;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>How PostgreSQL's own programs are told where to go and who we are. What is secret goes through the environment: everybody sees a command line.</summary>
public sealed record ClientLogin(string Host, int Port, string User, IReadOnlyDictionary<string, string> Environment)
{
    /// <param name="connection">An open session: the program goes to the same server.</param>
    /// <param name="login">What the session was opened with.</param>
    public static ClientLogin Of(NpgsqlConnection connection, NpgsqlConnectionStringBuilder login, string role, string application)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PGAPPNAME"] = application, ["PGCONNECT_TIMEOUT"] = "10" };
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
        return new(connection.Host!, connection.Port, login.Username ?? role, environment);
    }

    public IReadOnlyList<string> Words => ["--no-password", "--host", Host, "--port", Port.ToString(CultureInfo.InvariantCulture), "--username", User];

    /// <summary>By the environment, since on a command line a name with `=` in it would be read as a connection string.</summary>
    public ClientLogin To(string database) => this with { Environment = new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["PGDATABASE"] = database } };
}
