using System.Net.Sockets;
using System.Text;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class BoundsTests
{
    private Stage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await Stage.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task A_body_that_dribbles_in_is_cut_off()
    {
        using var socket = new TcpClient();
        await using var stream = await SendAsync(socket, "POST /api/v1/pause HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{");
        Assert.That(await EndAsync(stream), Does.StartWith("HTTP/1.1 408"));
    }

    [Test]
    public async Task Headers_that_never_end_are_cut_off()
    {
        using var socket = new TcpClient();
        await using var stream = await SendAsync(socket, "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
        Assert.That(await EndAsync(stream), Does.StartWith("HTTP/1.1 408"));
    }

    [Test]
    public async Task Headers_beyond_bounds_are_refused()
    {
        using var socket = new TcpClient();
        await using var stream = await SendAsync(socket, $"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {new string('x', 40_000)}\r\n\r\n");
        Assert.That(await EndAsync(stream), Does.StartWith("HTTP/1.1 431"));
    }

    [Test]
    public async Task A_form_beyond_bounds_is_refused()
    {
        using var socket = new TcpClient();
        await using var stream = await SendAsync(socket, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000000\r\n\r\na=b");
        Assert.That(await EndAsync(stream), Does.Match("^HTTP/1.1 4(13|03)"));
    }

    [TestCase("/assets/../../../../etc/passwd")]
    [TestCase("/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd")]
    [TestCase("/assets/x/..%2f..%2f..%2fetc%2fpasswd")]
    [TestCase("/assets/x/..%5c..%5cetc%5cpasswd")]
    [TestCase("/api/v1/incidents/..%2f..%2f..%2fetc%2fpasswd")]
    [TestCase("/incidents/1/snapshots/1?file=../../../../../etc/passwd")]
    [TestCase("/incidents/1/snapshots/..%2f..%2f..%2fetc%2fpasswd?file=passwd")]
    [TestCase("/api/v1/targets/..%2f..%2f..%2fetc%2fpasswd")]
    [TestCase("//etc/passwd")]
    [TestCase("/openapi/..%2f..%2fetc%2fpasswd.json")]
    public async Task No_path_leads_out_of_the_house(string path)
    {
        using var socket = new TcpClient();
        await using var stream = await SendAsync(socket, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        Assert.That(await EndAsync(stream), Does.Match("^HTTP/1.1 40[04]").And.Not.Contain("root:"));
    }

    private async Task<NetworkStream> SendAsync(TcpClient socket, string text)
    {
        await socket.ConnectAsync("127.0.0.1", _stage.Http.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        return stream;
    }

    /// <summary>All that the server says until it closes the connection, which it must do soon.</summary>
    private static async Task<string> EndAsync(NetworkStream stream)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40), TimeProvider.System);
        using var reader = new StreamReader(stream);
        var said = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            for (int count; (count = await reader.ReadAsync(buffer, patience.Token)) > 0;)
                said.Append(buffer, 0, count);
        }
        catch (IOException)
        {
            // closed hard, after it has said why
        }
        return said.ToString();
    }
}
