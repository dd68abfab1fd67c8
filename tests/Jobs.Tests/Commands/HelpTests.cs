using System.CommandLine;
using System.Text;
using HealingWorkers.Jobs.Tests.Architecture;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Commands;

/// <summary>What --help says of every command is a file, docs/cli.md, so that a change of it is seen.</summary>
[TestFixture]
public sealed class HelpTests
{
    [Test]
    public async Task The_page_of_the_command_line_is_what_help_says()
    {
        var page = await PageAsync();
        if (Environment.GetEnvironmentVariable("HEALING_WRITE_DOCS") is not null)
        {
            await File.WriteAllTextAsync(Repository.File("docs/cli.md"), page);
        }
        Assert.That(await File.ReadAllTextAsync(Repository.File("docs/cli.md")), Is.EqualTo(page), "HEALING_WRITE_DOCS=1 ./test --filter HelpTests writes it");
    }

    private static async Task<string> PageAsync()
    {
        var page = new StringBuilder("# The command line\n\nThis page is what `--help` says of every command.\n");
        var shell = new CommandShell { Out = TextWriter.Null, Error = TextWriter.Null, Clock = TimeProvider.System, Environment = new Dictionary<string, string>(), Directory = "/" };
        foreach (var path in Paths(CommandTree.Build(shell), []))
        {
            var (_, help, _) = await Shells.RunAsync([.. path, "--help"]);
            page.Append($"\n## healing {string.Join(' ', path)}".TrimEnd()).Append("\n\n```text\n");
            page.Append(string.Join('\n', help.Replace(Executable(), "healing", StringComparison.Ordinal).Split('\n').Select(l => l.TrimEnd())).Trim()).Append("\n```\n");
        }
        return page.ToString();
    }

    // The name of the running program, which here is that of the tests.
    private static string Executable() => RootCommand.ExecutableName;

    private static IEnumerable<string[]> Paths(Command command, string[] above)
    {
        yield return above;
        foreach (var child in command.Subcommands.Where(c => !c.Hidden))
        {
            foreach (var path in Paths(child, [.. above, child.Name]))
            {
                yield return path;
            }
        }
    }
}
