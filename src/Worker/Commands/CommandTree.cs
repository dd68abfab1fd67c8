using System.CommandLine;

namespace HealingWorkers.Worker.Commands;

/// <summary>Every command there is, in the order in which help shows them.</summary>
public static class CommandTree
{
    private static readonly ICommandModule[] Modules =
    [
        new UpCommand(),
        new WorkerCommand(),
        new DashboardCommand(),
        new CheckCommand(),
        new GrantCommand(),
        new HealCommand(),
        new IncidentsCommand(),
        new ApproveCommand(),
        new UndoCommand(),
        new ReceiptCommand(),
        new AuditCommand(),
        new TriggerCommand(),
        new FailoverCommand(),
        new RotateCommand(),
        new PauseCommand(),
        new ResumeCommand(),
        new BackupCommand(),
        new RestoreTestCommand(),
        new AlertsCommand(),
        new HealthCommand(),
        new UsersCommand(),
        new TokensCommand(),
        new DrillCommand(),
        new MetricsCommand(),
        new MigrateCommand(),
        new ConfigCommand(),
    ];

    public static RootCommand Build(CommandShell shell)
    {
        var root = new RootCommand("Workers that keep PostgreSQL databases sound: they find damage, keep the evidence, repair and prove it.");
        root.Options.Add(shell.Config);
        root.Options.Add(shell.Set);
        root.Options.Add(shell.LogLevel);
        foreach (var module in Modules)
        {
            root.Subcommands.Add(module.Build(shell));
        }
        return root;
    }
}
