using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Http;

/// <summary>What somebody may do here: look, or change too.</summary>
public enum Role { Viewer, Operator }

/// <summary>How somebody came in.</summary>
public enum Entrance { None, Loopback, Session, Token, Proxy }

/// <summary>Who asks. Whoever reaches loopback where no login is configured is the operator of this machine.</summary>
public sealed record Visitor(string Name, Role Role)
{
    public static readonly Visitor Local = new("local", Role.Operator) { By = Entrance.Loopback };
    public static readonly Visitor Nobody = new("nobody", Role.Viewer);

    public Entrance By { get; init; }

    /// <summary>The targets that a token is for; null is all.</summary>
    public IReadOnlyList<string>? Targets { get; init; }

    /// <summary>A token that is for /metrics and nothing else.</summary>
    public bool IsForMetrics { get; init; }

    public bool Sees(string? target) => Targets?.Contains(target, StringComparer.Ordinal) ?? true;

    public bool IsKnown => By != Entrance.None;

    /// <summary>Who did it, for the audit log: a login is taken at its own name and at no other.</summary>
    public string? Actor(string? said) => By == Entrance.Loopback ? said : Name;

    public static Visitor Of(HttpContext context) => context.Features.Get<Visitor>() ?? Nobody;
}
