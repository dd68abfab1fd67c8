using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Embedded;

/// <summary>The embedded control database: what is used where control.connection is empty.</summary>
public static class ControlStore
{
    public const string Name = "healing";

    public static async Task<EmbeddedServer> OpenAsync(HealingOptions options, TimeProvider clock, CancellationToken cancel) =>
        await EmbeddedServer.OpenAsync(
            new EmbeddedOptions(
                Path.Combine(options.StateDirectory, "control"),
                await PgBinaries.FindAsync(options.Control.PostgresDirectory, cancel).ConfigureAwait(false),
                Name,
                Name),
            clock,
            cancel).ConfigureAwait(false);
}
