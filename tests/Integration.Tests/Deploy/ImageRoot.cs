using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>A root directory as the image has it: read-only, the program in /app, its own user without any privilege, and only its volumes to be written to.</summary>
internal sealed class ImageRoot : IAsyncDisposable
{
    private const string Script = """
        set -eu
        root="$1"; app="$2"; volumes="$3"; user="$4"; workdir="$5"; shift 5
        mount -t tmpfs -o mode=755 none "$root"
        mkdir -p "$root/usr" "$root/proc" "$root/dev" "$root/tmp" "$root/etc" "$root/run/secrets" "$root/app" "$root$workdir"
        for link in bin lib lib64 sbin; do cp -a "/$link" "$root/$link" 2>/dev/null || true; done
        mount --rbind /usr "$root/usr"; mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"
        cp -aL /etc/hosts /etc/nsswitch.conf /etc/ld.so.cache "$root/etc/"; cp -a /etc/ssl "$root/etc/ssl"
        mount --bind "$app" "$root/app"; mount -o remount,ro,bind "$root/app"
        mount -t tmpfs -o mode=1777 none "$root/tmp"
        for at in $(cd "$volumes" && find . -mindepth 1 -maxdepth 1 -printf '%P\n'); do
          place="/$(printf '%s' "$at" | tr ':' '/')"
          mkdir -p "$root$place"; mount --bind "$volumes/$at" "$root$place"
        done
        mount -o remount,ro "$root"
        exec chroot "$root" /usr/bin/setpriv --reuid="${user%%:*}" --regid="${user##*:}" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
          /usr/bin/env -i -C "$workdir" "$@"
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("healing-image");
    private readonly DockerfileText _image;

    public ImageRoot(DockerfileText image)
    {
        _image = image;
        File.SetUnixFileMode(_directory.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Root);
    }

    public string App => Path.Combine(_directory.FullName, "app");
    private string Root => Path.Combine(_directory.FullName, "root");
    private string Volumes => Path.Combine(_directory.FullName, "volumes");

    /// <summary>A directory that is mounted there; of the image's user where the image makes it so.</summary>
    public async Task<string> VolumeAsync(string place, bool own)
    {
        var at = Path.Combine(Volumes, place.Trim('/').Replace('/', ':'));
        Directory.CreateDirectory(at);
        if (own)
        {
            await using var chown = ChildProcess.Start("/bin/chown", [_image.User, at]);
            await chown.WaitForExitAsync(TimeSpan.FromSeconds(5));
        }
        return at;
    }

    /// <summary>Runs a program of the image with its environment, as its user.</summary>
    public ChildProcess Start(IEnumerable<string> command, IReadOnlyDictionary<string, string>? more = null)
    {
        var environment = _image.Environment.Concat(more ?? new Dictionary<string, string>(StringComparer.Ordinal)).Append(new("PATH", "/usr/local/bin:/usr/bin:/bin")).Select(v => $"{v.Key}={v.Value}");
        return ChildProcess.Start("/usr/bin/unshare", ["--mount", "/bin/sh", "-c", Script, "sh", Root, App, Volumes, _image.User, _image.WorkDirectory, .. environment, .. command]);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}
