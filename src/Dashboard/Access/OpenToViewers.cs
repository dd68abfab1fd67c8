namespace HealingWorkers.Dashboard.Access;

/// <summary>On an endpoint that changes only what is the visitor's own, like the end of a session.</summary>
internal sealed class OpenToViewers;

/// <summary>On an endpoint that shows numbers, for which the smallest kind of token is enough.</summary>
internal sealed class ForMetrics;
