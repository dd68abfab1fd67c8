using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Alerts;

[TestFixture]
internal sealed class SmtpTests
{
    [TestCase(SmtpSecurity.Starttls, "PLAIN LOGIN")]
    [TestCase(SmtpSecurity.Starttls, "LOGIN")]
    [TestCase(SmtpSecurity.Tls, "PLAIN")]
    public async Task A_mail_goes_encrypted_and_logged_in(SmtpSecurity security, string auth)
    {
        await using var server = new MailServer(security, auth);
        await using var stage = await OpenAsync(server);
        await stage.Story.DamageAsync("größe\r\nBcc: everybody@example.org");
        Assert.That(await stage.DeliverAsync(), Is.EqualTo(2), "log and mail: " + string.Join('|', server.Heard));
        var mail = server.Mails.Single();
        Assert.That((mail.Encrypted, mail.User, mail.From), Is.EqualTo((true, "|healing|pässword", "MAIL FROM:<healing@example.org>")));
        Assert.That(mail.To, Is.EqualTo(new[] { "RCPT TO:<anna@example.org>", "RCPT TO:<ben@example.org>" }));
        Assert.That(mail.Subject, Does.StartWith("[critical] opened: btree_corrupt on public.größe"));
        Assert.That(mail.Lines.TakeWhile(l => l.Length > 0).All(l => l.All(char.IsAscii) && l.Length < 100 && !l.StartsWith("Bcc", StringComparison.Ordinal)));
        Assert.That(mail.Body, Does.Contain("What to do: Look at it with `healing incidents show"));
        Assert.That(mail.Header("Message-ID"), Does.Match("^<[0-9a-f]{40}@example.org>$"));
    }

    [Test]
    public async Task A_server_without_encryption_or_with_a_strange_certificate_gets_nothing()
    {
        await using var plain = new MailServer(SmtpSecurity.None);
        await using var stage = await OpenAsync(plain);
        stage.Options.Alerts.Smtp.Security = SmtpSecurity.Starttls;
        await stage.Story.DamageAsync("one");
        await stage.DeliverAsync();
        Assert.That(await ErrorAsync(stage), Does.Contain("does not offer STARTTLS"));
        Assert.That(plain.Heard, Has.None.Contains("AUTH").And.None.Contains("MAIL"));

        await using var strange = new MailServer(SmtpSecurity.Tls);
        (stage.Options.Alerts.Smtp.Port, stage.Options.Alerts.Smtp.Security, stage.Options.Alerts.Smtp.CaFile) = (strange.Port, SmtpSecurity.Tls, "");
        await stage.DeliverLaterAsync();
        Assert.That(await ErrorAsync(stage), Does.Contain("certificate"));
        Assert.That((strange.Mails.Count, await stage.WaitingAsync("smtp")), Is.EqualTo((0, 1L)));
    }

    [Test]
    public async Task A_wrong_password_keeps_the_alert_and_is_told_to_nobody()
    {
        await using var server = new MailServer(SmtpSecurity.Starttls);
        await using var stage = await OpenAsync(server);
        stage.Options.Alerts.Smtp.Password = "s3cr3t-and-wrong";
        await stage.Story.DamageAsync("one");
        await stage.DeliverAsync();
        Assert.That(await ErrorAsync(stage), Does.Contain("535").And.Not.Contain("s3cr3t").And.Not.Contain(Convert.ToBase64String("\0healing\0s3cr3t-and-wrong"u8)));
        stage.Options.Alerts.Smtp.Password = "pässword";
        Assert.That(await stage.DeliverLaterAsync(), Is.EqualTo(1));
        Assert.That(server.Mails, Has.Count.EqualTo(1));
    }

    [TestCase("451 later", 0)]
    [TestCase("554 spam", 1)]
    public async Task A_no_for_now_is_waited_out_and_a_no_for_good_is_counted(string verdict, int refusals)
    {
        await using var server = new MailServer(SmtpSecurity.Starttls);
        await using var stage = await OpenAsync(server);
        server.Verdict = verdict;
        await stage.Story.DamageAsync("one");
        await stage.DeliverAsync();
        Assert.That(await stage.Ledger.ScalarAsync<int>("SELECT refusals FROM healing.alerts WHERE sink = 'smtp'"), Is.EqualTo(refusals));
        server.Verdict = "250 ok";
        Assert.That(await stage.DeliverLaterAsync(), Is.EqualTo(1));
        Assert.That(server.Mails, Has.Count.EqualTo(1));
    }

    [TestCase("550 no such user")]
    [TestCase("452 mailbox full")]
    public async Task Who_is_not_taken_keeps_nobody_else_from_being_told(string answer)
    {
        await using var server = new MailServer(SmtpSecurity.Starttls) { Recipients = to => to.StartsWith("anna", StringComparison.Ordinal) ? answer : "251 forwarded" };
        await using var stage = await OpenAsync(server);
        await stage.Story.DamageAsync("one");
        Assert.That(await stage.DeliverAsync(), Is.EqualTo(2), "log and mail");
        Assert.That(server.Mails.Single().To, Is.EqualTo(new[] { "RCPT TO:<ben@example.org>" }));
        Assert.That(stage.Logged, Has.Some.Contains($"but not to all: anna@example.org: {answer}"));
    }

    [TestCase("250 ok", "550 no such user", 1)]
    [TestCase("250 ok", "451 later", 0)]
    [TestCase("550 not from you", "250 ok", 1)]
    [TestCase("451 later", "250 ok", 0)]
    [TestCase("530 log in first", "250 ok", 0)]
    public async Task None_of_them_for_good_is_a_refusal_and_for_now_is_waited_out(string sender, string recipients, int refusals)
    {
        await using var server = new MailServer(SmtpSecurity.Starttls) { Sender = sender, Recipients = _ => recipients };
        await using var stage = await OpenAsync(server);
        await stage.Story.DamageAsync("one");
        await stage.DeliverAsync();
        Assert.That(await stage.Ledger.ScalarAsync<int>("SELECT refusals FROM healing.alerts WHERE sink = 'smtp'"), Is.EqualTo(refusals));
        Assert.That(await ErrorAsync(stage) is not null, Is.EqualTo(refusals == 0), "a sink that refuses one alert is not away");
        (server.Sender, server.Recipients) = ("250 ok", _ => "250 ok");
        Assert.That(await stage.DeliverLaterAsync(), Is.EqualTo(1));
    }

    private static async Task<AlertStage> OpenAsync(MailServer server)
    {
        var trusted = Path.Combine(Path.GetTempPath(), $"healing-mail-{server.Port}.pem");
        await File.WriteAllTextAsync(trusted, server.CertificatePem);
        return await AlertStage.OpenAsync(a => a.Smtp = new SmtpOptions
        {
            Host = "localhost", Port = server.Port, Security = server.Security, CaFile = trusted,
            Username = server.Security == SmtpSecurity.None ? "" : "healing", Password = server.Security == SmtpSecurity.None ? "" : "pässword",
            From = "healing@example.org", To = ["anna@example.org", "ben@example.org"],
        });
    }

    private static Task<string?> ErrorAsync(AlertStage stage) => stage.Ledger.ScalarAsync<string?>("SELECT last_error FROM healing.alert_sinks WHERE sink = 'smtp'");
}
