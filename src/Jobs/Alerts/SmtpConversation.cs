using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>One conversation with a mail server: greeting, encryption, login, one mail, goodbye (RFC 5321, 3207, 4954).</summary>
internal sealed class SmtpConversation : IAsyncDisposable
{
    /// <summary>RFC 4954: it is the login that is missing, and not this mail that is unwanted.</summary>
    private const int LoginWanted = 530;
    private const int LongestLine = 4096;
    private const int MostLines = 100;
    private readonly SmtpOptions _options;
    private readonly TcpClient _client = new();
    private readonly byte[] _buffer = new byte[LongestLine];
    private Stream _stream = Stream.Null;
    private int _from;
    private int _to;

    private SmtpConversation(SmtpOptions options) => _options = options;

    public static async Task<SmtpConversation> OpenAsync(SmtpOptions options, CancellationToken cancel)
    {
        var conversation = new SmtpConversation(options);
        try
        {
            await conversation.GreetAsync(cancel).ConfigureAwait(false);
            return conversation;
        }
        catch
        {
            await conversation.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>To whomever of them the server takes; the others with its answer. Throws where it takes none.</summary>
    public async Task<IReadOnlyList<string>> SendAsync(string from, IReadOnlyList<string> to, string mail, CancellationToken cancel)
    {
        var sender = await ExchangeAsync($"MAIL FROM:<{from}>\r\n", cancel).ConfigureAwait(false);
        if (sender.IsForGood && sender.Code != LoginWanted)
        {
            throw new AlertRefusedException($"the mail server refused the sender {from}: {sender}");
        }
        Require(sender, 250, $"MAIL FROM:<{from}>");
        var refused = await NameAsync(to, cancel).ConfigureAwait(false);
        await AskAsync("DATA", 354, cancel).ConfigureAwait(false);
        // A line that is a dot alone would end the mail.
        var stuffed = string.Join("\r\n", mail.Split("\r\n").Select(line => line.StartsWith('.') ? "." + line : line));
        var answer = await ExchangeAsync($"{stuffed}.\r\n", cancel).ConfigureAwait(false);
        if (answer.IsForGood)
        {
            throw new AlertRefusedException($"the mail server did not take the mail: {answer}");
        }
        Require(answer, 250, "the mail");
        // It is theirs by now, whatever they answer to the goodbye.
        await WriteAsync("QUIT\r\n", cancel).ConfigureAwait(false);
        return refused;
    }

    /// <summary>Those that it does not take, as long as it takes one: somebody who has left must not keep the others from being told.</summary>
    private async Task<IReadOnlyList<string>> NameAsync(IReadOnlyList<string> to, CancellationToken cancel)
    {
        var refused = new List<(string Recipient, Answer Answer)>();
        foreach (var recipient in to)
        {
            var answer = await ExchangeAsync($"RCPT TO:<{recipient}>\r\n", cancel).ConfigureAwait(false);
            if (answer.Code is not (250 or 251))
            {
                refused.Add((recipient, answer));
            }
        }
        IReadOnlyList<string> said = [.. refused.Select(r => $"{r.Recipient}: {r.Answer}")];
        if (refused.Count < to.Count)
        {
            return said;
        }
        var all = $"the mail server {_options.Host} takes none of the recipients: {string.Join("; ", said)}";
        throw refused.TrueForAll(r => r.Answer.IsForGood) ? new AlertRefusedException(all) : new SinkAwayException(all);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
    }

    private async Task GreetAsync(CancellationToken cancel)
    {
        await _client.ConnectAsync(_options.Host, _options.Port, cancel).ConfigureAwait(false);
        _stream = _client.GetStream();
        if (_options.Security == SmtpSecurity.Tls)
        {
            await EncryptAsync(cancel).ConfigureAwait(false);
        }
        Require(await ReadAsync(cancel).ConfigureAwait(false), 220, "the connection");
        var offers = await HelloAsync(cancel).ConfigureAwait(false);
        if (_options.Security == SmtpSecurity.Starttls)
        {
            if (!offers.Contains("STARTTLS", StringComparer.OrdinalIgnoreCase))
            {
                throw new SinkAwayException($"the mail server {_options.Host} does not offer STARTTLS, and unencrypted nothing is sent");
            }
            await AskAsync("STARTTLS", 220, cancel).ConfigureAwait(false);
            if (_from < _to)
            {
                throw new SinkAwayException($"the mail server {_options.Host} said more than it should before the encryption");
            }
            await EncryptAsync(cancel).ConfigureAwait(false);
            offers = await HelloAsync(cancel).ConfigureAwait(false);
        }
        if (_options.Username.Length > 0)
        {
            await LoginAsync(offers, cancel).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<string>> HelloAsync(CancellationToken cancel)
    {
        var answer = await AskAsync($"EHLO [{((System.Net.IPEndPoint)_client.Client.LocalEndPoint!).Address.MapToIPv4()}]", 250, cancel).ConfigureAwait(false);
        return answer.Text.Split('\n');
    }

    private async Task EncryptAsync(CancellationToken cancel)
    {
        var encrypted = new SslStream(_stream);
        _stream = encrypted;
        var settings = new SslClientAuthenticationOptions { TargetHost = _options.Host };
        if (_options.CaFile.Length > 0)
        {
            var trusted = new X509Certificate2Collection();
            trusted.ImportFromPemFile(_options.CaFile);
            settings.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            settings.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }
        await encrypted.AuthenticateAsClientAsync(settings, cancel).ConfigureAwait(false);
    }

    private async Task LoginAsync(IReadOnlyList<string> offers, CancellationToken cancel)
    {
        var ways = offers.FirstOrDefault(o => o.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase))?.Split([' ', '=']) ?? [];
        if (ways.Contains("PLAIN", StringComparer.OrdinalIgnoreCase))
        {
            await AskAsync($"AUTH PLAIN {Base64($"\0{_options.Username}\0{_options.Password}")}", 235, cancel, shown: "AUTH PLAIN").ConfigureAwait(false);
        }
        else if (ways.Contains("LOGIN", StringComparer.OrdinalIgnoreCase))
        {
            await AskAsync("AUTH LOGIN", 334, cancel).ConfigureAwait(false);
            await AskAsync(Base64(_options.Username), 334, cancel, shown: "the user").ConfigureAwait(false);
            await AskAsync(Base64(_options.Password), 235, cancel, shown: "the password").ConfigureAwait(false);
        }
        else
        {
            throw new SinkAwayException($"the mail server {_options.Host} offers neither AUTH PLAIN nor AUTH LOGIN");
        }
    }

    private async Task<Answer> AskAsync(string command, int expected, CancellationToken cancel, string? shown = null)
    {
        var answer = await ExchangeAsync(command + "\r\n", cancel).ConfigureAwait(false);
        Require(answer, expected, shown ?? command);
        return answer;
    }

    private void Require(Answer answer, int expected, string command)
    {
        if (answer.Code != expected)
        {
            throw new SinkAwayException($"the mail server {_options.Host} answered {answer.Code} {answer.Text} to {command}");
        }
    }

    private async Task<Answer> ExchangeAsync(string text, CancellationToken cancel)
    {
        await WriteAsync(text, cancel).ConfigureAwait(false);
        return await ReadAsync(cancel).ConfigureAwait(false);
    }

    private async Task WriteAsync(string text, CancellationToken cancel)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancel).ConfigureAwait(false);
        await _stream.FlushAsync(cancel).ConfigureAwait(false);
    }

    private async Task<Answer> ReadAsync(CancellationToken cancel)
    {
        var lines = new List<string>();
        while (true)
        {
            var line = await ReadLineAsync(cancel).ConfigureAwait(false);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code) || lines.Count >= MostLines)
            {
                throw new SinkAwayException($"{_options.Host} does not talk like a mail server");
            }
            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] != '-')
            {
                return new Answer(code, string.Join('\n', lines));
            }
        }
    }

    private async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        var line = new List<byte>();
        while (true)
        {
            if (_from == _to)
            {
                (_from, _to) = (0, await _stream.ReadAsync(_buffer, cancel).ConfigureAwait(false));
                if (_to == 0)
                {
                    throw new SinkAwayException($"the mail server {_options.Host} hung up");
                }
            }
            var next = _buffer[_from++];
            if (next == '\n')
            {
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            }
            line.Add(next);
            if (line.Count > LongestLine)
            {
                throw new SinkAwayException($"{_options.Host} does not talk like a mail server");
            }
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed record Answer(int Code, string Text)
    {
        public bool IsForGood => Code >= 500;

        public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Code} {Text}");
    }
}
