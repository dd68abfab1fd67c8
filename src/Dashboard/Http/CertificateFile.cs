using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Http;

/// <summary>The certificate that we show, read again when its file changes; one that cannot be read does not replace the one before.</summary>
internal sealed class CertificateFile
{
    private readonly HttpOptions _http;
    private readonly ILogger _log;
    private readonly Lock _one = new();
    private X509Certificate2 _certificate;
    private DateTime _changed;

    private CertificateFile(HttpOptions http, ILogger log)
    {
        (_http, _log) = (http, log);
        _changed = File.GetLastWriteTimeUtc(http.Certificate);
        _certificate = Load();
    }

    /// <summary>Null where none is configured.</summary>
    public static CertificateFile? Of(HttpOptions http, ILogger log)
    {
        try
        {
            return http.Certificate.Length == 0 ? null : new CertificateFile(http, log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new HealingException($"{http.Certificate} with {http.CertificateKey} cannot be used: {e.Message}", "http.certificate and http.certificate_key are PEM files that belong together, readable by the user under whom this runs", e);
        }
    }

    public X509Certificate2 Current()
    {
        lock (_one)
        {
            var changed = File.GetLastWriteTimeUtc(_http.Certificate);
            if (changed != _changed)
            {
                _changed = changed;
                try
                {
                    _certificate = Load();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
                {
                    _log.LogError("{File} cannot be used, the certificate before it stays: {Error}", _http.Certificate, e.Message);
                }
            }
            return _certificate;
        }
    }

    private X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(_http.Certificate, _http.CertificateKey);
}
