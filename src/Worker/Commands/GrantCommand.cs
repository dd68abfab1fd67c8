using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing grant: creates the extension and the roles that checks and repairs need, or prints the SQL of that.</summary>
public sealed class GrantCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var connection = new Option<string?>("--connection") { Description = "The database, as a superuser", HelpName = "CS" };
        var print = new Option<bool>("--print") { Description = "Only prints the SQL" };
        var command = new Command("grant", "Creates the extension and the roles that checks and repairs need") { connection, print };
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(print))
            {
                shell.Out.Write(Sql.Of<GrantCommand>("roles"));
                return 0;
            }
            var to = parsed.GetValue(connection) ?? throw new HealingException("grant needs --connection", "name the database and a superuser in it; --print only shows the SQL");
            await RunAsync(shell, to, cancel).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(CommandShell shell, string to, CancellationToken cancel)
    {
        await using var target = new Target(OneTarget.OfConnection(to), shell.Clock);
        await using var connection = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
        connection.Notice += (_, e) =>
        {
            if (e.Notice.SqlState == "00000")
            {
                shell.Error.WriteLine(SafeText.Of("NOTICE: " + e.Notice.MessageText));
            }
        };
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(Sql.Of<GrantCommand>("roles"), connection, transaction);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            throw new HealingException($"the role of this connection may not: {e.MessageText}", "let a superuser run it, or hand them the SQL of `healing grant --print`", e);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.UndefinedFile or SqlState.FeatureNotSupported)
        {
            throw new HealingException($"the server has not got the extension: {e.MessageText}", "install PostgreSQL's contrib modules there (Debian: in postgresql-NN; Red Hat: postgresql-contrib)", e);
        }
        shell.Out.WriteLine($"{connection.Database}: healing_detect, healing_repair, healing_surgery, healing_backup and healing_rest are there. Next, for the role that watches: GRANT healing_detect TO ...; for the one that repairs: GRANT healing_repair TO ..., healing_surgery where it may work on single rows, and healing_backup where it backs up (base backups: ALTER ROLE ... REPLICATION too)");
    }
}
