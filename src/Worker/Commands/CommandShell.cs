using System.Collections;
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>What a command stands in: where it writes, the clock, the options that all commands share.</summary>
public sealed class CommandShell
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    public TextReader In { get; init; } = Console.In;
    public required TimeProvider Clock { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public required string Directory { get; init; }
    /// <summary>True where somebody watches standard error, so that progress is welcome.</summary>
    public bool IsTerminal { get; init; }
    /// <summary>True where standard output is a terminal.</summary>
    public bool OutIsTerminal { get; init; }
    /// <summary>True where somebody types on standard input.</summary>
    public bool InIsTerminal { get; init; }
    /// <summary>Who acts, for the audit log.</summary>
    public string Actor { get; init; } = $"{System.Environment.UserName}@{System.Environment.MachineName}";
    public bool Debugging { get; private set; }

    public Option<string?> Config { get; } = new("--config") { Description = "The configuration file (default: healing.yaml, where there is one)", HelpName = "FILE", Recursive = true };

    public Option<string[]> Set { get; } = new("--set") { Description = "Overrides one key of the configuration, as in --set worker.count=5; may be repeated", HelpName = "KEY=VALUE", Recursive = true };

    public Option<string?> LogLevel { get; } = LevelOption();

    public static CommandShell OfConsole() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        Clock = TimeProvider.System,
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal),
        Directory = System.Environment.CurrentDirectory,
        IsTerminal = !Console.IsErrorRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        InIsTerminal = !Console.IsInputRedirected,
    };

    /// <summary>The configuration from file, environment and command line; throws with every problem of it at once.</summary>
    public LoadedOptions Load(ParseResult parsed) => OptionsLoader.Load(Sources(parsed));

    public OptionsSources Sources(ParseResult parsed)
    {
        Debugging = string.Equals(parsed.GetValue(LogLevel), "debug", StringComparison.Ordinal);
        return new OptionsSources
        {
            Directory = Directory,
            File = parsed.GetValue(Config),
            Environment = Environment,
            Overrides = parsed.GetValue(Set) ?? [],
        };
    }

    /// <summary>Everything built from the configuration; the control database is opened on first use.</summary>
    public HealingHost Compose(ParseResult parsed, string defaultLevel = "warning") =>
        Compose(Load(parsed), parsed, defaultLevel);

    public HealingHost Compose(LoadedOptions loaded, ParseResult parsed, string defaultLevel = "warning") =>
        new(loaded.Options, this, parsed.GetValue(LogLevel) ?? defaultLevel) { Config = loaded.Values };

    public HealingHost Compose(HealingOptions options, ParseResult parsed, string defaultLevel = "warning") =>
        new(options, this, parsed.GetValue(LogLevel) ?? defaultLevel);

    public void WriteJson(object value) => Out.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Shows what goes on, on a terminal; says nothing in a pipe.</summary>
    public ProgressLine Progress() => new(IsTerminal ? Error : TextWriter.Null);

    /// <summary>Asks a person; where nobody can answer, the answer is no.</summary>
    public async Task<bool> AgreedAsync(CancellationToken cancel)
    {
        if (!OutIsTerminal)
        {
            return false;
        }
        await Out.WriteAsync("Carry it out? [y/N] ").ConfigureAwait(false);
        return (await In.ReadLineAsync(cancel).ConfigureAwait(false))?.Trim() is "y" or "Y" or "yes";
    }

    public int Fail(string what, string hint)
    {
        Error.WriteLine("error: " + SafeText.Whole(Redactor.Text(what)));
        Error.WriteLine("HINT: " + SafeText.Whole(Redactor.Text(hint)));
        return CommandLine.Failed;
    }

    private static Option<string?> LevelOption()
    {
        var option = new Option<string?>("--log-level") { Description = "How much is logged to standard error", HelpName = "debug|information|warning|error", Recursive = true };
        option.AcceptOnlyFromAmong("debug", "information", "warning", "error");
        return option;
    }
}
