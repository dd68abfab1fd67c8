using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealingWorkers.Jobs.Errors;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class TlsTests
{
    private string _directory = "";

    [SetUp]
    public void Open() => _directory = Directory.CreateTempSubdirectory("healing-tls").FullName;

    [TearDown]
    public void Close() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task With_a_certificate_everything_goes_over_tls_and_a_new_one_is_taken_over()
    {
        Write("first");
        await using var guarded = await Guarded.OpenAsync(o => (o.Http.Certificate, o.Http.CertificateKey) = (Path.Combine(_directory, "cert.pem"), Path.Combine(_directory, "key.pem")));
        Assert.That(guarded.Address.Scheme, Is.EqualTo("https"));
        Assert.That(await SubjectAsync(guarded.Address), Is.EqualTo("CN=first"));
        Write("second");
        Assert.That(await SubjectAsync(guarded.Address), Is.EqualTo("CN=second"));
    }

    [Test]
    public async Task A_certificate_that_cannot_be_used_is_told_at_once()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "cert.pem"), "nonsense");
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => (o.Http.Certificate, o.Http.CertificateKey) = (Path.Combine(_directory, "cert.pem"), Path.Combine(_directory, "cert.pem"))));
        Assert.That(refused!.Hint, Does.Contain("http.certificate"));
    }

    private static async Task<string> SubjectAsync(Uri address)
    {
        var subject = "";
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => (subject = certificate!.Subject).Length > 0;
        using var client = new HttpClient(handler) { BaseAddress = address };
        Assert.That((await client.GetAsync("/livez")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return subject;
    }

    private void Write(string name)
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(_directory, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(_directory, "cert.pem"), certificate.ExportCertificatePem());
    }
}
