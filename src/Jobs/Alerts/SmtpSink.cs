using System.Net.Sockets;
using System.Security.Authentication;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Alerts by mail, one each. A repetition has the same Message-ID.</summary>
public sealed class SmtpSink(SmtpOptions options, TimeProvider clock, ILogger<SmtpSink> log) : IAlertSink
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "smtp";

    public async Task SendAsync(Alert alert, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            await using var conversation = await SmtpConversation.OpenAsync(options, limit.Token).ConfigureAwait(false);
            var refused = await conversation.SendAsync(options.From, [.. options.To.Where(t => t.Length > 0)], MailText.Of(alert, options, clock.GetUtcNow()), limit.Token).ConfigureAwait(false);
            if (refused.Count > 0)
            {
                log.LogWarning("alert {Key} went by mail, but not to all: {Refused}", alert.Key, string.Join("; ", refused));
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new SinkAwayException($"the mail server {options.Host} did not answer within {Patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            throw new SinkAwayException($"the mail server {options.Host} cannot be talked to: {e.Message}");
        }
    }
}
