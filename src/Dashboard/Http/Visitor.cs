using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Http;

/// <summary>What somebody may do here: look, or change too.</summary>
public enum Role { Viewer, Operator }

/// <summary>Who asks. Whoever reaches loopback without a login is the operator of this machine.</summary>
public sealed record Visitor(string Name, Role Role)
{
    public static readonly Visitor Local = new("local", Role.Operator);

    public static Visitor Of(HttpContext context) => context.Features.Get<Visitor>() ?? Local;
}
