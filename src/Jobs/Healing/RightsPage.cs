using System.Text;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

/// <summary>docs/rights.md, made from what checks and repairs say of themselves; a test holds the file to it.</summary>
public static class RightsPage
{
    public static string Render()
    {
        var page = new StringBuilder();
        page.Append("""
            # Rights

            This page is made from the code (`healing config rights`). `healing grant` creates the roles that have these rights; `healing grant --print` shows the SQL.

            ## Checks

            | Check | Runs in | From | Where | Needs | Locks |
            |---|---|---|---|---|---|

            """);
        foreach (var check in CheckCatalogue.All.Select(c => c.Description))
        {
            Row(page, $"[{check.Name}](checks/{check.Name}.md)", check.Schedule, $"PostgreSQL {check.FirstMajor}", Where(check.Ground), check.Needs, check.Locks);
        }
        page.Append("""

            ## Repairs

            | Repair | Needs | Locks |
            |---|---|---|

            """);
        foreach (var repair in HealerFactory.Repairs(CheckCatalogue.All, new RepairLimits()))
        {
            Row(page, $"[{repair.Name}](repairs/{repair.Name}.md)", repair.Description.Needs, repair.Description.Locks);
        }
        return page.ToString();
    }

    private static string Where(Ground ground) => ground switch
    {
        Ground.Live => "live",
        Ground.Window => "window, copy",
        _ => "copy",
    };

    private static void Row(StringBuilder page, params IEnumerable<string> cells) =>
        page.Append("| ").AppendJoin(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
}
