using System.Runtime.InteropServices;

namespace HealingWorkers.Worker.Commands;

/// <summary>SIGINT and SIGTERM ask politely; the second one is taken as final.</summary>
public sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _registrations;

    public TerminationSignals() => _registrations =
        [PosixSignalRegistration.Create(PosixSignal.SIGINT, Ask), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ask)];

    public CancellationToken Token => _asked.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
        _asked.Dispose();
    }

    private void Ask(PosixSignalContext context)
    {
        // Not cancelling the second leaves it to the runtime, which ends the process.
        if (_asked.IsCancellationRequested)
        {
            return;
        }
        context.Cancel = true;
        _asked.Cancel();
    }
}
