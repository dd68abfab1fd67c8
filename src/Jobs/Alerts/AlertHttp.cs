using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Posts to one address, and says what an answer other than yes means: this alert is not wanted, or nothing is taken now.</summary>
public sealed class AlertHttp(HttpClient http, string sink, Uri address)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public async Task PostAsync(string json, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (address.UserInfo.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        }
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                throw Refusal(answer);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new SinkAwayException($"the {sink} did not answer within {Patience.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            throw new SinkAwayException($"the {sink} cannot be reached: {e.Message}");
        }
    }

    private Exception Refusal(HttpResponseMessage answer)
    {
        var said = $"the {sink} answered {(int)answer.StatusCode}";
        return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity
            ? new AlertRefusedException(said)
            : new SinkAwayException(said, answer.Headers.RetryAfter?.Delta is { } wait ? (wait < LongestPause ? wait : LongestPause) : null);
    }
}
