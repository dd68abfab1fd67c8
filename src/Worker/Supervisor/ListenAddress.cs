using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>Finds out before anything is started whether an address can be listened on.</summary>
internal static class ListenAddress
{
    public static void Check(string key, string listen)
    {
        var split = listen.LastIndexOf(':');
        var host = listen[..split].Trim('[', ']');
        var address = host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host);
        var port = int.Parse(listen[(split + 1)..], CultureInfo.InvariantCulture);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        // As Kestrel does, or a port in TIME_WAIT would look taken.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
        }
        catch (SocketException e)
        {
            throw Explain(key, listen, e.SocketErrorCode, e);
        }
    }

    public static HealingException Explain(string key, string listen, SocketError code, Exception e) => code switch
    {
        SocketError.AddressAlreadyInUse => new HealingException($"{listen} is in use by another process", $"is another `healing` running? else choose another port: --set {key}=127.0.0.1:0 takes a free one", e),
        SocketError.AccessDenied => new HealingException($"{listen} may not be listened on by this user", $"ports below 1024 need a privilege; choose another with --set {key}=...", e),
        _ => new HealingException($"{listen} cannot be listened on: {e.Message}", $"is it an address of this machine? --set {key}=... chooses another", e),
    };
}
