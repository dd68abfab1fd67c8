namespace HealingWorkers.Drill;

/// <summary>A private PostgreSQL cluster in a directory of its own, gone when disposed of.</summary>
public sealed class PgCluster : PgEndpoint, IAsyncDisposable
{
    private PgCluster(PgClusterOptions options, PgServer server, string password)
        : base(options, server, password)
    {
    }

    /// <summary>A new cluster that runs.</summary>
    public static async Task<PgCluster> StartNewAsync(PgClusterOptions? options = null, CancellationToken ct = default)
    {
        var cluster = await CreateAsync(options, ct);
        try
        {
            await cluster.StartAsync(ct);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends and removes what test processes left that are no more; the first cluster of a process does so by itself.</summary>
    public static Task<int> ReapAsync(CancellationToken ct = default) => KitDirectory.ReapAsync(ct);

    /// <summary>A new cluster that does not run yet.</summary>
    public static async Task<PgCluster> CreateAsync(PgClusterOptions? options = null, CancellationToken ct = default)
    {
        options ??= new PgClusterOptions();
        var directory = await KitDirectory.CreateAsync(ct);
        var server = new PgServer(options.Binaries, directory);
        try
        {
            var password = await PgTemplate.CopyAsync(options, server.DataDirectory, ct);
            var cluster = new PgCluster(options, server, password);
            await cluster.TakePortAsync(ct);
            return cluster;
        }
        catch
        {
            await server.RemoveAsync();
            throw;
        }
    }

    /// <summary>A copy of a cluster that is stopped; it does not run yet.</summary>
    public static async Task<PgCluster> CopyOfAsync(PgCluster stopped, CancellationToken ct = default)
    {
        if (stopped.Server.IsRunning)
        {
            throw new InvalidOperationException("A running server's files are not to be copied.");
        }
        var server = new PgServer(stopped.Options.Binaries, await KitDirectory.CreateAsync(ct));
        try
        {
            await CommandRunner.RunAsync(new System.Diagnostics.ProcessStartInfo("cp", ["-a", stopped.DataDirectory, server.DataDirectory]), ct);
            var cluster = new PgCluster(stopped.Options, server, stopped.Password);
            await cluster.TakePortAsync(ct);
            return cluster;
        }
        catch
        {
            await server.RemoveAsync();
            throw;
        }
    }

    /// <summary>A new database; with <paramref name="icuLocale"/> ordered by ICU (PostgreSQL 15 and later).</summary>
    public Task CreateDatabaseAsync(string name, string? icuLocale = null, CancellationToken ct = default) =>
        ExecuteAsync(
            "postgres",
            $"CREATE DATABASE {Quote.Identifier(name)}" + (icuLocale is null
                ? ""
                : $" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE {Quote.Literal(icuLocale)}"),
            ct: ct);

    public async ValueTask DisposeAsync() => await Server.RemoveAsync();
}
