using System.CommandLine;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Worker.Commands;

/// <summary>The one database that a command is about: by its name in the configuration, or by a connection string.</summary>
internal static class OneTarget
{
    public static Target Of(CommandShell shell, ParseResult parsed, Option<string?> name, Option<string?> connection, Option<string?> data)
    {
        var options = parsed.GetValue(connection) is { } text ? OfConnection(text) : shell.Load(parsed).Options.Named(parsed.GetValue(name)!);
        if (parsed.GetValue(data) is { } directory)
        {
            options.DataDirectory = Directory.Exists(directory) ? Path.GetFullPath(directory)
                : throw new HealingException($"there is no directory {directory}", "--data-directory is the server's PGDATA as it is seen from here");
        }
        return new(options, shell.Clock);
    }

    public static Target Configured(CommandShell shell, ParseResult parsed, string name) => new(shell.Load(parsed).Options.Named(name), shell.Clock);

    public static TargetOptions OfConnection(string connection)
    {
        try
        {
            var database = new NpgsqlConnectionStringBuilder(connection).Database;
            return new() { Name = string.IsNullOrEmpty(database) ? "database" : database, Connection = connection };
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // Without the parser's words, which may repeat a password.
            throw new HealingException("the connection string cannot be read", "write it as \"Host=...;Port=5432;Database=...;Username=...;Password=...\"");
        }
    }
}
