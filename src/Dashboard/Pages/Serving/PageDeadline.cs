using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>How long the rendering of a page may take. It goes on when its first visitor leaves, since others wait for it too.</summary>
internal sealed record PageDeadline(CancellationToken Token)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);
    /// <summary>Of pages for which targets are asked.</summary>
    public static readonly TimeSpan LongLimit = TimeSpan.FromSeconds(40);

    public static CancellationToken Of(HttpContext context) => context.Features.Get<PageDeadline>()?.Token ?? context.RequestAborted;
}
