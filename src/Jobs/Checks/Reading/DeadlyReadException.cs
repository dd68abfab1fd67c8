namespace HealingWorkers.Jobs.Checks;

/// <summary>An object must not be read by this check: a read of it brought the server down or could not be stopped, now or before.</summary>
public sealed class DeadlyReadException(DeadlyRead read, Exception? inner = null) : Exception($"{read.Object} is not read by {read.Check} any more: {read.How}", inner)
{
    public DeadlyRead Read => read;
}
