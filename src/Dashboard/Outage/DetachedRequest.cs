using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Outage;

/// <summary>
/// A request on a context of its own, with its body read and its answer kept: it can be left behind when a frozen control database holds it up,
/// and what it does then reaches nobody. (A server's own context is used again for the next request.)
/// </summary>
internal sealed class DetachedRequest : IAsyncDisposable
{
    private readonly CancellationTokenSource _leave;
    private readonly AsyncServiceScope _services;
    private readonly KeptResponse _response = new();
    private readonly MemoryStream _answer = new();

    private DetachedRequest(HttpContext context, Stream body, bool offline)
    {
        _leave = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        _services = context.RequestServices.CreateAsyncScope();
        var request = context.Request;
        var headers = new HeaderDictionary();
        foreach (var (name, value) in request.Headers)
            headers[name] = value;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = request.Method, Scheme = request.Scheme, Protocol = request.Protocol, PathBase = request.PathBase, Path = request.Path,
            QueryString = request.QueryString.Value ?? "", RawTarget = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "", Headers = headers, Body = body,
        });
        features.Set<IHttpRequestBodyDetectionFeature>(new Body(body.Length > 0));
        features.Set<IHttpResponseFeature>(_response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_answer));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = context.Connection.Id, LocalIpAddress = context.Connection.LocalIpAddress, LocalPort = context.Connection.LocalPort,
            RemoteIpAddress = context.Connection.RemoteIpAddress, RemotePort = context.Connection.RemotePort,
        });
        if (offline)
            features.Set(new Offline());
        features.Set(this);
        Context = new DefaultHttpContext(features) { RequestServices = _services.ServiceProvider, RequestAborted = _leave.Token, TraceIdentifier = context.TraceIdentifier };
        foreach (var (key, value) in context.Items)
            Context.Items[key] = value;
    }

    public HttpContext Context { get; }

    /// <summary>What was answered so far.</summary>
    public ReadOnlyMemory<byte> Answer => _answer.GetBuffer().AsMemory(0, (int)_answer.Length);

    /// <param name="body">Read already; nobody else writes to it.</param>
    /// <param name="offline">Nothing may ask the control database.</param>
    public static DetachedRequest Of(HttpContext context, byte[] body, bool offline) => new(context, new MemoryStream(body, writable: false), offline);

    public async Task RunAsync(RequestDelegate next)
    {
        await next(Context);
        await _response.BeginAsync();
    }

    public async Task AnswerAsync(HttpContext to)
    {
        to.Response.StatusCode = _response.StatusCode;
        foreach (var (name, value) in _response.Headers)
            to.Response.Headers[name] = value;
        if (_answer.Length > 0 && !HttpMethods.IsHead(to.Request.Method))
            await to.Response.Body.WriteAsync(Answer, to.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _leave.Dispose();
    }

    private sealed record Body(bool CanHaveBody) : IHttpRequestBodyDetectionFeature;

    private sealed class KeptResponse : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

        public async Task BeginAsync()
        {
            while (_starting.TryPop(out var one))
                await one.Callback(one.State);
        }
    }
}

/// <summary>Of a request that is answered from what is known: nothing in it may ask the control database.</summary>
internal sealed class Offline
{
    public static bool Is(HttpContext context) => context.Features.Get<Offline>() is not null;
}
