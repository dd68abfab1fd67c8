using System.Net;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Dashboard.Http;

/// <summary>Where a web server listens, and by which rules.</summary>
internal sealed record WebSetup(IPEndPoint Listen, HttpOptions Http, ILoggerFactory Logs)
{
    /// <summary>Null: no TLS.</summary>
    public CertificateFile? Certificate { get; init; }
}
