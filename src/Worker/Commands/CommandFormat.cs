using System.CommandLine;

namespace HealingWorkers.Worker.Commands;

/// <summary>--format table|json, the same wherever it is taken.</summary>
internal static class CommandFormat
{
    public static Option<string> Option()
    {
        var option = new Option<string>("--format") { Description = "How the result is written", HelpName = "table|json", DefaultValueFactory = _ => "table" };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }

    public static bool IsJson(this ParseResult parsed, Option<string> format) => parsed.GetValue(format) == "json";
}
