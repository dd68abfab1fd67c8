using System.CommandLine;

namespace HealingWorkers.Worker.Commands;

/// <summary>One command of the tree, in a file of its own; <see cref="CommandTree"/> lists them.</summary>
public interface ICommandModule
{
    Command Build(CommandShell shell);
}
