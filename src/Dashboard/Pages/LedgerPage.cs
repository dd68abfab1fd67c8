using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Pages.Serving;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Pages;

/// <summary>
/// A page made from the ledger. What it renders is shared by all who ask for the same address in the same role, and kept for the time
/// when the control database does not answer: so nothing in it may depend on who asks but for <see cref="MayChange"/>.
/// </summary>
public abstract class LedgerPage : ComponentBase
{
    [CascadingParameter] public HttpContext Http { get; set; } = null!;
    [Inject] public DashboardParts Parts { get; set; } = null!;

    /// <summary>Rendered once, when everything is loaded: a page that is sent whole needs no half.</summary>
    public override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await OnInitializedAsync();
        StateHasChanged();
    }

    protected CancellationToken Cancel => PageDeadline.Of(Http);

    /// <summary>Whether to offer changes at all; every change is checked again where it is made.</summary>
    protected bool MayChange => Visitor.Of(Http).Role == Role.Operator;

    protected DateTimeOffset Now => Parts.Clock.GetUtcNow();
}
