using HealingWorkers.Jobs.Targets;
using System.Security.Cryptography;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Worker.Embedded;

/// <summary>Makes the data directory of an embedded server, once, and says how it is to run.</summary>
internal static class EmbeddedCluster
{
    /// <summary>Makes the cluster where it is not there yet; an interrupted making is begun anew. Returns the password.</summary>
    public static async Task<string> CreateAsync(EmbeddedOptions options, string data, CancellationToken cancel)
    {
        var password = await PasswordAsync(Path.Combine(options.Directory, "password"), cancel).ConfigureAwait(false);
        if (File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await CheckVersionAsync(options, data, cancel).ConfigureAwait(false);
            return password;
        }
        var fresh = data + ".new";
        if (Directory.Exists(fresh))
        {
            Directory.Delete(fresh, recursive: true);
        }
        Directory.CreateDirectory(fresh);
        LocalOwner.Own(fresh);
        var handed = fresh + ".password";
        await File.WriteAllTextAsync(handed, password, cancel).ConfigureAwait(false);
        LocalOwner.Own(handed);
        try
        {
            var (code, output) = await Programs.TryRunAsync(
                [.. LocalOwner.Prefix(), Path.Combine(options.Binaries, "initdb"), "-D", fresh, "-U", options.Role, "--pwfile", handed,
                    "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C"], cancel).ConfigureAwait(false);
            if (code != 0)
            {
                throw new HealingException($"initdb could not make {data}: {output.Trim()}", "is there room on the disk, and may the server's user write there?");
            }
        }
        finally
        {
            File.Delete(handed);
        }
        Directory.Move(fresh, data);
        return password;
    }

    public static IEnumerable<KeyValuePair<string, string>> Settings(EmbeddedOptions options, string socket)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = options.LoopbackPort > 0 ? "127.0.0.1" : "",
            ["port"] = "5432",
            ["unix_socket_directories"] = socket,
            ["unix_socket_permissions"] = "0700",
            ["max_connections"] = "200",
            ["logging_collector"] = "on",
            // Seven files, each written over a week later: a log that cannot grow for ever.
            ["log_filename"] = "postgresql-%a.log",
            ["log_truncate_on_rotation"] = "on",
            ["log_rotation_age"] = "1d",
            ["log_rotation_size"] = "0",
        };
        if (options.LoopbackPort > 0)
        {
            settings["port"] = options.LoopbackPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }
        return settings;
    }

    public static async Task CreateDatabaseAsync(string connectionString, string database, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using var ask = new NpgsqlCommand("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", connection) { Parameters = { new() { Value = database } } };
        if (await ask.ExecuteScalarAsync(cancel).ConfigureAwait(false) is null)
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
    }

    private static async Task<string> PasswordAsync(string file, CancellationToken cancel)
    {
        if (!File.Exists(file))
        {
            var fresh = file + ".new";
            File.Delete(fresh);
            await using (var stream = new FileStream(fresh, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))), cancel).ConfigureAwait(false);
            }
            File.Move(fresh, file);
        }
        return (await File.ReadAllTextAsync(file, cancel).ConfigureAwait(false)).Trim();
    }

    private static async Task CheckVersionAsync(EmbeddedOptions options, string data, CancellationToken cancel)
    {
        var made = (await File.ReadAllTextAsync(Path.Combine(data, "PG_VERSION"), cancel).ConfigureAwait(false)).Trim();
        var (_, output) = await Programs.TryRunAsync([Path.Combine(options.Binaries, "postgres"), "--version"], cancel).ConfigureAwait(false);
        var word = output.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(w => char.IsAsciiDigit(w[0])) ?? "";
        if (string.Concat(word.TakeWhile(char.IsAsciiDigit)) is { Length: > 0 } major && major != made)
        {
            throw new HealingException($"{data} was made by PostgreSQL {made}, and the one found here is {major} ({options.Binaries})",
                $"set control.postgres_directory to a PostgreSQL {made}, or choose another state_directory");
        }
    }
}
