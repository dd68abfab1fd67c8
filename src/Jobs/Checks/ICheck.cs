namespace HealingWorkers.Jobs.Checks;

/// <summary>A detector. It reads through <see cref="Targets.Target.OpenCheckAsync"/> only, so it cannot write.</summary>
public interface ICheck
{
    CheckDescription Description { get; }

    /// <summary>Never throws for what the target does: that is a status. Throws OperationCanceledException only for <paramref name="cancel"/>.</summary>
    Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel);
}
