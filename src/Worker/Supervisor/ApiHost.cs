using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>The API of this process.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ApiHost(WebApplication application, string address) => (_application, Address) = (application, address);

    public string Address { get; }

    public static async Task<ApiHost> StartAsync(HealingHost host, CancellationToken cancel)
    {
        var listen = host.Options.Http.Listen;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(host.Get<ILoggerFactory>());
        builder.WebHost.UseUrls("http://" + listen);
        var application = builder.Build();
        application.MapGet("/livez", () => "alive");
        try
        {
            await application.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw ListenAddress.Explain("http.listen", listen, e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException ? System.Net.Sockets.SocketError.AddressAlreadyInUse : System.Net.Sockets.SocketError.SocketError, e);
        }
        return new ApiHost(application, application.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _application.StopAsync(patience.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
