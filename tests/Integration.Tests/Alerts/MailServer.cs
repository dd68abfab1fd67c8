using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Integration.Tests.Alerts;

/// <summary>A small mail server that really talks SMTP: STARTTLS or TLS with a certificate of its own, AUTH, DATA.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = Certificate();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public MailServer(SmtpSecurity security, string auth = "PLAIN LOGIN")
    {
        (Security, Auth) = (security, auth);
        _listener.Start();
        _serving = ServeAsync();
    }

    public SmtpSecurity Security { get; }
    public string Auth { get; }
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public ConcurrentQueue<Mail> Mails { get; } = new();
    public ConcurrentQueue<string> Heard { get; } = new();
    /// <summary>What it answers at the end of a mail.</summary>
    public string Verdict { get; set; } = "250 queued";
    /// <summary>What it answers to MAIL.</summary>
    public string Sender { get; set; } = "250 ok";
    /// <summary>What it answers to a recipient.</summary>
    public Func<string, string> Recipients { get; set; } = _ => "250 ok";
    public string CertificatePem => _certificate.ExportCertificatePem();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            try
            {
                await TalkAsync(client.GetStream());
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                Heard.Enqueue("hung up: " + e.Message);
            }
        }
    }

    private async Task TalkAsync(Stream plain)
    {
        var stream = Security == SmtpSecurity.Tls ? await EncryptAsync(plain) : plain;
        var (encrypted, user, from, to) = (Security == SmtpSecurity.Tls, "", "", new List<string>());
        await SayAsync(stream, "220 mail.example ESMTP");
        while (await LineAsync(stream) is { } line)
        {
            Heard.Enqueue(line);
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    var offers = new List<string> { "mail.example" };
                    if (Security == SmtpSecurity.Starttls && !encrypted)
                        offers.Add("STARTTLS");
                    if (encrypted && Auth.Length > 0)
                        offers.Add("AUTH " + Auth);
                    await SayAsync(stream, string.Join("\r\n", offers.Select((o, i) => $"250{(i == offers.Count - 1 ? ' ' : '-')}{o}")));
                    break;
                case "STARTTLS":
                    await SayAsync(stream, "220 go ahead");
                    (stream, encrypted) = (await EncryptAsync(stream), true);
                    break;
                case "AUTH" when line.StartsWith("AUTH PLAIN ", StringComparison.Ordinal):
                    user = Encoding.UTF8.GetString(Convert.FromBase64String(line[11..])).Replace('\0', '|');
                    await SayAsync(stream, user == "|healing|pässword" ? "235 welcome" : "535 who are you");
                    break;
                case "AUTH":
                    await SayAsync(stream, "334 VXNlcm5hbWU6");
                    user = "|" + Encoding.UTF8.GetString(Convert.FromBase64String((await LineAsync(stream))!));
                    await SayAsync(stream, "334 UGFzc3dvcmQ6");
                    user += "|" + Encoding.UTF8.GetString(Convert.FromBase64String((await LineAsync(stream))!));
                    await SayAsync(stream, user == "|healing|pässword" ? "235 welcome" : "535 who are you");
                    break;
                case "MAIL":
                    from = line;
                    await SayAsync(stream, Sender);
                    break;
                case "RCPT":
                    var said = Recipients(line["RCPT TO:<".Length..^1]);
                    if (said.StartsWith('2'))
                        to.Add(line);
                    await SayAsync(stream, said);
                    break;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    var text = new List<string>();
                    while (await LineAsync(stream) is { } next && next != ".")
                        text.Add(next.StartsWith('.') ? next[1..] : next);
                    if (Verdict.StartsWith('2'))
                        Mails.Enqueue(new Mail(encrypted, user, from, [.. to], text));
                    await SayAsync(stream, Verdict);
                    break;
                case "QUIT":
                    await SayAsync(stream, "221 bye");
                    return;
                default:
                    await SayAsync(stream, "502 what?");
                    break;
            }
        }
    }

    private async Task<Stream> EncryptAsync(Stream plain)
    {
        var stream = new SslStream(plain);
        await stream.AuthenticateAsServerAsync(_certificate);
        return stream;
    }

    private static async Task SayAsync(Stream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"));

    private static async Task<string?> LineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
        return null;
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}

internal sealed record Mail(bool Encrypted, string User, string From, IReadOnlyList<string> To, IReadOnlyList<string> Lines)
{
    public string Header(string name) => string.Concat(Headers().SkipWhile(l => !l.StartsWith(name + ": ", StringComparison.Ordinal)).Select((l, i) => (l, i)).TakeWhile(t => t.i == 0 || t.l.StartsWith(' ')).Select(t => t.l))[(name.Length + 2)..];

    public string Subject => Encoding.UTF8.GetString([.. Header("Subject").Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(w => Convert.FromBase64String(w["=?utf-8?B?".Length..^2]))]);

    public string Body => Encoding.UTF8.GetString(Convert.FromBase64String(string.Concat(Lines.SkipWhile(l => l.Length > 0))));

    private IEnumerable<string> Headers() => Lines.TakeWhile(l => l.Length > 0);
}
