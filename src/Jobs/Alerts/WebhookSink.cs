using System.Net.Http.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Alerts as a JSON POST. An answer other than 2xx is a failure; the receiver knows a repetition by its key.</summary>
public sealed class WebhookSink(HttpClient http, Uri address) : IAlertSink
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Name => "webhook";

    public async Task SendAsync(Alert alert, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = JsonContent.Create(alert, options: LedgerJson.Options) };
        request.Headers.Add("Idempotency-Key", alert.Key);
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"the webhook answered {(int)answer.StatusCode}");
        }
    }
}
