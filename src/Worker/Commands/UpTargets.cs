using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Demo;
using Npgsql;

namespace HealingWorkers.Worker.Commands;

/// <summary>Targets that the options of `healing up` name, put where the workers read them too: into the environment.</summary>
internal static class UpTargets
{
    private const string Prefix = "HEALING__TARGETS__";

    /// <summary>Nothing but the demonstration: whatever else is configured here has no part in it.</summary>
    public static OptionsSources Demonstration(OptionsSources sources, DemoTarget target)
    {
        var environment = Without(sources.Environment);
        Add(environment, 0, DemoTarget.Name, target.ConnectionString, HealingMode.Heal);
        environment[$"{Prefix}0__DATA_DIRECTORY"] = target.DataDirectory;
        environment[$"{Prefix}0__DEMONSTRATION"] = "true";
        environment[$"{Prefix}0__BACKUP"] = "none";
        return OnlyEnvironment(sources) with { Environment = environment };
    }

    /// <summary>Before the demonstration's target is there: the same, with no target.</summary>
    public static OptionsSources OnlyEnvironment(OptionsSources sources) =>
        sources with { File = "/dev/null", Environment = Without(sources.Environment) };

    /// <summary>One more target beside the configured ones.</summary>
    public static OptionsSources With(OptionsSources sources, string connection, bool heal)
    {
        var environment = new Dictionary<string, string>(sources.Environment, StringComparer.Ordinal);
        var known = OptionsLoader.Load(sources).Options.Targets;
        Add(environment, known.Count, NameOf(connection), connection, heal ? HealingMode.Heal : HealingMode.Observe);
        // a server is not copied for having been named on a command line
        environment[string.Create(CultureInfo.InvariantCulture, $"{Prefix}{known.Count}__BACKUP")] = "none";
        return sources with { Environment = environment };
    }

    private static string NameOf(string connection)
    {
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(connection);
            var name = string.Concat((parts.Database ?? parts.Host ?? "").Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_'));
            return name.Length is > 0 and <= 63 ? name : "target";
        }
        catch (ArgumentException e)
        {
            throw new HealingException($"--connection takes {ConfigType.Connection.Name}", "a value with special characters is put in quotes: Password='a;b'", e);
        }
    }

    private static void Add(Dictionary<string, string> environment, int index, string name, string connection, HealingMode mode)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index}__");
        environment[prefix + "NAME"] = name;
        environment[prefix + "CONNECTION"] = connection;
        environment[prefix + "MODE"] = mode.ToString().ToLowerInvariant();
    }

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> environment) =>
        environment.Where(v => !v.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
}
