using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Targets;

/// <summary>The way to a configured standby: it is looked at like a target, and never repaired.</summary>
public static class StandbyTarget
{
    public static Target Of(Target target, StandbyOptions standby) => new(
        new TargetOptions { Name = $"{target.Name}/{standby.Name}", Connection = standby.Connection, DataDirectory = standby.DataDirectory, Rules = target.Options.Rules }, target.Clock);
}
