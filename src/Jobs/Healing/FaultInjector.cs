using System.Globalization;
using System.Runtime.InteropServices;

namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// Kills or freezes this very process at one fault point, for the tests of the fleet: HEALING_FAULT=name:kill or name:freeze,
/// with :path of a file whose presence says that it has happened, so that a successor is spared; or @path of a file
/// that holds such a line and may change or vanish while the process runs.
/// </summary>
public sealed class FaultInjector
{
    public const string Variable = "HEALING_FAULT";
    public static readonly FaultInjector None = new(static () => null);

    private readonly Func<Fault?> _fault;
    private Fault? _done;

    private FaultInjector(Func<Fault?> fault) => _fault = fault;

    private enum Mode { Kill = 9, Freeze = 19 }

    public static FaultInjector FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>What is not understood is refused: a fault that silently never happens would make a test pass.</summary>
    public static FaultInjector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return None;
        }
        if (text[0] == '@')
        {
            return new(() => Read(text[1..]));
        }
        var fault = Fault.Of(text);
        return new(() => fault);
    }

    public bool IsArmed(FaultPoint point) => Armed(point) is not null;

    public void Hit(FaultPoint point)
    {
        if (Armed(point) is { } fault && Interlocked.Exchange(ref _done, fault) != fault && fault.IsFirst())
        {
            _ = Send(Environment.ProcessId, (int)fault.Mode);
        }
    }

    private Fault? Armed(FaultPoint point) =>
        _fault() is { } fault && fault.Point == point && Volatile.Read(ref _done) != fault && !fault.HasHappened ? fault : null;

    private static Fault? Read(string path)
    {
        try
        {
            return Fault.Of(File.ReadAllText(path).Trim());
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);

    private sealed record Fault(FaultPoint Point, Mode Mode, string? OnceFile)
    {
        public bool HasHappened => OnceFile is not null && File.Exists(OnceFile);

        public static Fault Of(string text)
        {
            var parts = text.Split(':', 3);
            return parts.Length >= 2 && Enum.TryParse<FaultPoint>(parts[0], out var point) && Enum.IsDefined(point) && !char.IsAsciiDigit(parts[0][0])
                && parts[1] is "kill" or "freeze"
                    ? new(point, parts[1] == "kill" ? Mode.Kill : Mode.Freeze, parts.Length == 3 ? parts[2] : null)
                    : throw new Errors.HealingException($"{Variable}={text} is not understood", "Use name:kill or name:freeze, with :path of a file made once.");
        }

        /// <summary>The file is made by exactly one process.</summary>
        public bool IsFirst()
        {
            if (OnceFile is null)
            {
                return true;
            }
            try
            {
                using var file = new FileStream(OnceFile, FileMode.CreateNew);
                file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
                file.Flush(flushToDisk: true);
                return true;
            }
            catch (IOException) when (File.Exists(OnceFile))
            {
                return false;
            }
        }
    }
}
