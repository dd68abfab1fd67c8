using System.CommandLine;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing config check: what is in force, and where each value comes from. healing config docs, rights: the pages that are made from the code.</summary>
public sealed class ConfigCommand : ICommandModule
{
    public Command Build(CommandShell shell)
    {
        var format = new Option<string>("--format") { Description = "table or json", HelpName = "table|json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        var check = new Command("check", "Says whether the configuration is right, and shows every value in force with its source, secrets hidden") { format };
        check.SetAction(parsed => Show(shell, shell.Load(parsed), parsed.GetValue(format)!));
        var docs = new Command("docs", "Prints the page that describes every key") { Hidden = true };
        docs.SetAction(_ => shell.Out.Write(ConfigPage.Render()));
        var rights = new Command("rights", "Prints the page of what each check and repair needs") { Hidden = true };
        rights.SetAction(_ => shell.Out.Write(RightsPage.Render()));
        return new Command("config", "Looks at the configuration") { check, docs, rights };
    }

    private static void Show(CommandShell shell, LoadedOptions loaded, string format)
    {
        if (format == "json")
        {
            shell.WriteJson(loaded.Values.Select(v => new { key = v.Path, value = v.Shown, source = v.Source }));
            return;
        }
        var path = loaded.Values.Max(v => v.Path.Length);
        var value = Math.Min(60, loaded.Values.Max(v => v.Shown.Length));
        foreach (var v in loaded.Values)
        {
            shell.Out.WriteLine($"{v.Path.PadRight(path)}  {v.Shown.PadRight(value)}  {v.Source}");
        }
    }
}
