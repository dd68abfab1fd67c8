using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HealingWorkers.Integration.Tests.Targets;

/// <summary>Speaks as much of the protocol as says: welcome, I am PostgreSQL 9.6.</summary>
internal sealed class OldServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public OldServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public string ConnectionString => $"Host=127.0.0.1;Port={((IPEndPoint)_listener.LocalEndpoint).Port};Database=movies;Username=x;SSL Mode=Disable;GSS Encryption Mode=Disable";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await WelcomeAsync(client.GetStream());
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
            {
                // the client or the test is through
            }
        }
    }

    private async Task WelcomeAsync(NetworkStream stream)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, _stop.Token);
        await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4], _stop.Token);
        var answer = new List<byte>();
        Add(answer, 'R', [0, 0, 0, 0]);
        foreach (var (name, value) in new[] { ("server_version", "9.6.24"), ("client_encoding", "UTF8"), ("integer_datetimes", "on"), ("standard_conforming_strings", "on"), ("TimeZone", "UTC") })
        {
            Add(answer, 'S', Encoding.ASCII.GetBytes($"{name}\0{value}\0"));
        }
        Add(answer, 'K', [0, 0, 0, 1, 0, 0, 0, 2]);
        Add(answer, 'Z', [(byte)'I']);
        await stream.WriteAsync(answer.ToArray(), _stop.Token);
        // Until the client goes.
        while (await stream.ReadAsync(new byte[512], _stop.Token) > 0)
        {
        }
    }

    private static void Add(List<byte> answer, char type, byte[] body)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, body.Length + 4);
        answer.AddRange([(byte)type, .. length, .. body]);
    }
}
