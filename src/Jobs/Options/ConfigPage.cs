using System.Text;

namespace HealingWorkers.Jobs.Options;

/// <summary>docs/configuration.md, made from the table of keys; a test holds the file to it.</summary>
public static class ConfigPage
{
    public static string Render()
    {
        var page = new StringBuilder();
        page.Append("""
            # Configuration

            This page is made from the code (`healing config docs`).

            Values come from `healing.yaml` (or `--config FILE`), the environment (`HEALING__WORKER__COUNT=5`: `__` between levels,
            numbers for list items, as in `HEALING__TARGETS__0__CONNECTION`) and the command line (`--set worker.count=5`), in rising order.
            `healing config check` shows every value in force and where it comes from, secrets hidden.
            An unknown key, a bad duration or an impossible value is refused at start, all of them at once.
            Durations are `500ms`, `30s`, `10m`, `12h`, `1d`, `1w`. Where the table says "file", `KEY_file` may name a file that holds the value.

            | Key | Takes | Default | |
            |---|---|---|---|

            """);
        foreach (var key in ConfigKeys.All)
        {
            var initial = key.Default switch { null => "required", "" => "empty", _ => $"`{key.Default}`" };
            var note = key.IsBuilt ? key.MayBeFile ? key.Description + " File." : key.Description : key.Description + " **Not built yet**: refused.";
            page.Append('|').Append(" `").Append(key.Path).Append("` | ").Append(key.IsBuilt ? key.Type.Name : "").Append(" | ")
                .Append(key.IsBuilt ? initial : "").Append(" | ").Append(note).Append(" |\n");
        }
        return page.ToString();
    }
}
