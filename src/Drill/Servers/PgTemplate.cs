using System.Globalization;
using System.Security.Cryptography;

namespace HealingWorkers.Drill;

/// <summary>A data directory initialised once for all test processes, to be copied: initdb is slow, cp is not.</summary>
internal static class PgTemplate
{
    public static async Task<string> CopyAsync(PgClusterOptions options, string target, CancellationToken ct)
    {
        var template = Path.Combine(KitDirectory.Templates, string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Binaries.Major}-{Tag(options.Binaries.Directory)}-{options.Locale}-{(options.Checksums ? "sums" : "nosums")}"));
        using (await KitDirectory.LockAsync(template + ".lock", ct))
        {
            if (!File.Exists(Path.Combine(template, "ready")))
            {
                await InitialiseAsync(options, template, ct);
            }
        }
        await CommandRunner.RunAsync(
            new System.Diagnostics.ProcessStartInfo("cp", ["-a", Path.Combine(template, "data"), target]), ct);
        return await File.ReadAllTextAsync(Path.Combine(template, "password"), ct);
    }

    private static async Task InitialiseAsync(PgClusterOptions options, string template, CancellationToken ct)
    {
        KitDirectory.Remove(template);
        Directory.CreateDirectory(template);
        var password = Path.Combine(template, "password");
        await File.WriteAllTextAsync(password, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), ct);
        ServerUser.Current.Own(password);
        ServerUser.Current.Own(template);
        var arguments = new List<string>
        {
            "-D", Path.Combine(template, "data"), "-U", "postgres", "--pwfile", password, "--no-sync", "--no-instructions",
            "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=" + options.Locale,
        };
        if (options.Checksums)
        {
            arguments.Add("--data-checksums");
        }
        else if (options.Binaries.Major >= 18)
        {
            arguments.Add("--no-data-checksums");
        }
        await CommandRunner.RunAsync(ServerUser.Current.Command(options.Binaries["initdb"], arguments), ct);
        await File.WriteAllTextAsync(Path.Combine(template, "ready"), "", ct);
    }

    private static string Tag(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..6];
}
