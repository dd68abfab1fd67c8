using System.CommandLine;
using System.Net;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing health: whether the process of ours on this machine answers; what a container's health check runs.</summary>
public sealed class HealthCommand : ICommandModule
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    public Command Build(CommandShell shell)
    {
        var ready = new Option<bool>("--ready") { Description = "Asks the dashboard whether it reaches its ledger, too" };
        var command = new Command("health", "Says by its exit code whether a dashboard (http.listen) or a worker (worker.metrics_listen) answers here; asks no database") { ready };
        command.SetAction(async (parsed, cancel) =>
        {
            var options = shell.Load(parsed).Options;
            var path = parsed.GetValue(ready) ? "/readyz" : "/livez";
            using var http = new HttpClient(Handler()) { Timeout = Patience };
            var said = new List<string>();
            string[] places = parsed.GetValue(ready) ? [options.Http.Listen] : [options.Http.Listen, options.Worker.MetricsListen];
            foreach (var listen in places.Where(l => l.Length > 0))
            {
                var scheme = options.Http.Certificate.Length > 0 && listen == options.Http.Listen ? "https" : "http";
                var address = new Uri($"{scheme}://{Reachable(listen)}{path}");
                var (works, answer) = await AskAsync(http, address, cancel).ConfigureAwait(false);
                if (works)
                {
                    shell.Out.WriteLine($"{address} answers");
                    return 0;
                }
                said.Add($"{address}: {answer}");
            }
            return shell.Fail(string.Join("; ", said), "does a dashboard or a worker with worker.metrics_listen run here, with the same configuration?");
        });
        return command;
    }

    // It goes to this machine and carries nothing: the certificate is for the name that others use.
    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
#pragma warning disable CA5359 // see above
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    };

    private static async Task<(bool Works, string Answer)> AskAsync(HttpClient http, Uri address, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(address, cancel).ConfigureAwait(false);
            return (answer.IsSuccessStatusCode, $"it answers {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return (false, e is HttpRequestException ? e.Message : $"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <summary>An address of this machine for one that means all of them.</summary>
    private static string Reachable(string listen)
    {
        var split = listen.LastIndexOf(':');
        var host = listen[..split].Trim('[', ']');
        return IPAddress.TryParse(host, out var address)
            ? new IPEndPoint(address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address, int.Parse(listen[(split + 1)..], System.Globalization.CultureInfo.InvariantCulture)).ToString()
            : listen;
    }
}
