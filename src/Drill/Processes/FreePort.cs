using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace HealingWorkers.Drill;

/// <summary>A loopback port nobody listens on, below the range from which outgoing connections take theirs.</summary>
public static class FreePort
{
    public static int Pick()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(18_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // taken: try another
            }
        }
        throw new InvalidOperationException("No free loopback port between 18000 and 32000.");
    }
}
