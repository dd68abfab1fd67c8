using System.Globalization;
using System.Runtime.InteropServices;

namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// Kills or freezes this very process at one fault point, for the tests of the fleet: HEALING_FAULT=name:kill or name:freeze,
/// with :path of a file whose presence says that it has happened, so that a successor is spared.
/// </summary>
public sealed class FaultInjector
{
    public const string Variable = "HEALING_FAULT";
    public static readonly FaultInjector None = new(null, Mode.Kill, null);

    private readonly FaultPoint? _point;
    private readonly Mode _mode;
    private readonly string? _onceFile;
    private int _done;

    private FaultInjector(FaultPoint? point, Mode mode, string? onceFile) => (_point, _mode, _onceFile) = (point, mode, onceFile);

    private enum Mode { Kill = 9, Freeze = 19 }

    public static FaultInjector FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What is not understood is refused: a fault that silently never happens would make a test pass.</summary>
    public static FaultInjector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return None;
        }
        var parts = text.Split(':', 3);
        if (parts.Length < 2 || !Enum.TryParse<FaultPoint>(parts[0], out var point) || !Enum.IsDefined(point) || char.IsAsciiDigit(parts[0][0])
            || parts[1] is not ("kill" or "freeze"))
        {
            throw new Errors.HealingException($"{Variable}={text} is not understood", "Use name:kill or name:freeze, with :path of a file made once.");
        }
        return new(point, parts[1] == "kill" ? Mode.Kill : Mode.Freeze, parts.Length == 3 ? parts[2] : null);
    }

    public bool IsArmed(FaultPoint point) => _point == point && Volatile.Read(ref _done) == 0 && (_onceFile is null || !File.Exists(_onceFile));

    public void Hit(FaultPoint point)
    {
        if (IsArmed(point) && Interlocked.Exchange(ref _done, 1) == 0 && IsFirst())
        {
            _ = Send(Environment.ProcessId, (int)_mode);
        }
    }

    /// <summary>The file is made by exactly one process.</summary>
    private bool IsFirst()
    {
        if (_onceFile is null)
        {
            return true;
        }
        try
        {
            using var file = new FileStream(_onceFile, FileMode.CreateNew);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException) when (File.Exists(_onceFile))
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
