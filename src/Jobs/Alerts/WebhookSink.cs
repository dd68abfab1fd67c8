using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>Alerts as a JSON POST, signed where there is a secret. The receiver knows a repetition by its key.</summary>
public sealed class WebhookSink(AlertHttp http, string secret, TimeProvider clock) : IAlertSink
{
    public const string TimestampHeader = "Healing-Timestamp";
    public const string SignatureHeader = "Healing-Signature";

    public string Name => "webhook";

    public Task SendAsync(Alert alert, CancellationToken cancel)
    {
        var body = JsonSerializer.Serialize(alert, LedgerJson.Options);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Idempotency-Key"] = alert.Key };
        if (secret.Length > 0)
        {
            var time = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            headers[TimestampHeader] = time;
            headers[SignatureHeader] = Sign(secret, time, body);
        }
        return http.PostAsync(body, headers, cancel);
    }

    /// <summary>Over time and body, so that neither an old one can be sent again nor a new one be made.</summary>
    public static string Sign(string secret, string time, string body) =>
        "v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")));
}
