using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace HealingWorkers.Drill;

/// <summary>
/// Where clusters live: a short path that the server's user can reach, one for each user of the machine.
/// Each cluster names the process that owns it, so that the next run can clear away what a dead one left.
/// </summary>
internal static class KitDirectory
{
    private const string OwnerFile = "owner";
    private static readonly Lazy<Task> Reaped = new(() => ReapAsync());

    public static string Root { get; } = CreateRoot();

    public static string Templates => Path.Combine(Root, "templates");

    /// <summary>Makes a new directory for one server, owned by this process.</summary>
    public static async Task<string> CreateAsync(CancellationToken ct)
    {
        await Reaped.Value.WaitAsync(ct);
        using (await LockAsync(Path.Combine(Root, "lock"), ct))
        {
            var directory = Path.Combine(Root, "c" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5)));
            Directory.CreateDirectory(directory);
            await File.WriteAllTextAsync(Path.Combine(directory, OwnerFile), Owner(Environment.ProcessId), ct);
            ServerUser.Current.Own(directory);
            return directory;
        }
    }

    /// <summary>A lock between processes, held until it is disposed of; the system frees it when its holder dies.</summary>
    public static async Task<IDisposable> LockAsync(string path, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not DirectoryNotFoundException && clock.Elapsed < TimeSpan.FromMinutes(3))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, ct);
            }
        }
    }

    public static void Remove(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // gone already
        }
        catch (IOException)
        {
            // A backend that is still ending may write once more: what stays is cleared by the next run.
        }
    }

    /// <summary>Ends and removes the servers of processes that are no more.</summary>
    public static async Task<int> ReapAsync(CancellationToken ct = default)
    {
        var reaped = 0;
        using (await LockAsync(Path.Combine(Root, "lock"), ct))
        {
            foreach (var directory in Directory.EnumerateDirectories(Root, "c*"))
            {
                var file = Path.Combine(directory, OwnerFile);
                var owner = File.Exists(file) ? await File.ReadAllTextAsync(file, ct) : "";
                if (owner.Length > 0 && owner == Owner(int.Parse(owner.Split(' ')[0], CultureInfo.InvariantCulture)))
                {
                    continue;
                }
                Postmaster.EndAbandoned(Path.Combine(directory, "data"));
                Remove(directory);
                reaped++;
            }
        }
        return reaped;
    }

    private static string Owner(int pid) =>
        string.Create(CultureInfo.InvariantCulture, $"{pid} {(ProcessTable.IsAlive(pid) ? ProcessTable.StartTime(pid) : null)}");

    private static string CreateRoot()
    {
        var root = Environment.GetEnvironmentVariable("HEALING_TEST_DIR");
        if (string.IsNullOrEmpty(root))
        {
            root = string.Create(CultureInfo.InvariantCulture, $"/tmp/hwkit-{NativeMethods.EffectiveUser()}");
        }
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(Path.Combine(root, "templates"));
        return root;
    }
}
