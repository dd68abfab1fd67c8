using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>An alert as a mail: ASCII all over, so that any server carries it and no name in it ends a header.</summary>
internal static class MailText
{
    private const int LongestSubject = 160;
    // What fits into 75 characters of an encoded word.
    private const int WordBytes = 42;

    public static string Of(Alert alert, SmtpOptions options, DateTimeOffset now)
    {
        var subject = $"[{(alert.IsEnd ? "over" : alert.Severity)}] {alert.Event.Replace('_', ' ')}: {alert.Message}";
        var mail = new StringBuilder();
        Header("From", options.From);
        Header("To", string.Join(",\r\n ", options.To.Where(t => t.Length > 0)));
        Header("Subject", Encoded(subject.Length > LongestSubject ? subject[..LongestSubject] + "..." : subject));
        Header("Date", now.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture));
        Header("Message-ID", $"<{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(alert.Key)))[..40]}@{options.From[(options.From.IndexOf('@', StringComparison.Ordinal) + 1)..]}>");
        Header("Auto-Submitted", "auto-generated");
        Header("MIME-Version", "1.0");
        Header("Content-Type", "text/plain; charset=utf-8");
        Header("Content-Transfer-Encoding", "base64");
        mail.Append("\r\n").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(Body(alert)), Base64FormattingOptions.InsertLineBreaks)).Append("\r\n");
        return mail.ToString();

        void Header(string name, string value) => mail.Append(name).Append(": ").Append(value).Append("\r\n");
    }

    private static string Body(Alert alert)
    {
        var body = new StringBuilder(alert.Message).Append("\n\n");
        if (alert.WhatToDo.Length > 0)
        {
            body.Append("What to do: ").Append(alert.WhatToDo).Append("\n\n");
        }
        Line("Event", $"{alert.Event}, {alert.Severity}");
        Line("Target", alert.Target);
        Line("Kind", alert.Kind);
        Line("Object", alert.Object);
        Line("Incident", alert.IncidentId?.ToString(CultureInfo.InvariantCulture));
        Line("Since", alert.Since?.ToString("u", CultureInfo.InvariantCulture));
        Line("Look at it", alert.Link);
        Line("Receipts end with", alert.ReceiptHead);
        return body.ToString();

        void Line(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                body.Append(name).Append(": ").Append(value).Append('\n');
            }
        }
    }

    /// <summary>As encoded words of RFC 2047, cut between characters.</summary>
    private static string Encoded(string text)
    {
        var words = new List<string>();
        var word = new List<byte>();
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = Encoding.UTF8.GetBytes(rune.ToString());
            if (word.Count + bytes.Length > WordBytes)
            {
                words.Add(Word(word));
                word = [];
            }
            word.AddRange(bytes);
        }
        words.Add(Word(word));
        return string.Join("\r\n ", words);
    }

    private static string Word(List<byte> bytes) => $"=?utf-8?B?{Convert.ToBase64String(bytes.ToArray())}?=";
}
