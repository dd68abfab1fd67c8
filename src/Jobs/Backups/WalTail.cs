using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Receives the WAL that follows the WAL of a base backup, on to a position.</summary>
internal sealed class WalTail(CopyRequest request, string directory)
{
    private const string Program = "pg_receivewal";
    private const string Partial = ".partial";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Null when it is all there, else why it is not.</summary>
    public async Task<string?> ReceiveAsync(string lsn, CancellationToken cancel)
    {
        if (await ServerPrograms.FindAsync(Program, request.Target, request.Facts, request.Programs, cancel).ConfigureAwait(false) is not { } program)
        {
            return $"{Program} of PostgreSQL {request.Facts.Major} is not installed here, so that the WAL of the restore point is not in the backup";
        }
        var login = ClientLogin.Of(request.Connection, TargetConnection.ForRepairs(request.Target.Options), request.Facts.Role, "healing backup");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            // it goes on after the newest segment that it finds, and ends when it has got beyond this byte
            var (code, said) = await Targets.Programs.RunTiedAsync([program, "--directory", directory, "--endpos", Lsn.Text(Lsn.Of(lsn) - 1), "--no-loop", .. login.Words], login.Environment, limit.Token).ConfigureAwait(false);
            if (code != 0)
            {
                return $"the WAL of the restore point could not be received: {ByPgBasebackup.Words(said)}";
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"the WAL of the restore point did not come within {Patience.TotalMinutes:0} minutes";
        }
        finally
        {
            foreach (var file in Directory.EnumerateFiles(directory, "*" + Partial).ToList())
            {
                File.Move(file, file[..^Partial.Length]);
            }
        }
        return null;
    }
}
