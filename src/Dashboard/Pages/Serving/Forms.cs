using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>Plain HTML forms: post, then redirect to where the form stood, and tell there what became of it.</summary>
public static class Forms
{
    /// <param name="act">Does it and says in a sentence what was done; refuses with a <see cref="HealingException"/>.</param>
    public static IEndpointConventionBuilder MapForm(this IEndpointRouteBuilder routes, string pattern, Func<FormPost, Task<string>> act) =>
        routes.MapPost(pattern, async (HttpContext context) =>
        {
            if (Visitor.Of(context).Role != Role.Operator)
                throw new PageProblemException(StatusCodes.Status403Forbidden, "You may look here, but not change anything.", "Ask somebody who is an operator.");
            var post = new FormPost(context, await context.Request.ReadFormAsync(context.RequestAborted));
            var flash = context.RequestServices.GetRequiredService<Flash>();
            try
            {
                flash.Say(context, good: true, await act(post));
            }
            catch (HealingException e)
            {
                flash.Say(context, good: false, Redactor.Text($"{e.Message}. {e.Hint}"));
            }
            context.RequestServices.GetRequiredService<PageMemory>().Changed();
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = post.Back;
        }).ExcludeFromDescription();
}
