using System.CommandLine;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing users: who may log in to the dashboard.</summary>
public sealed class UsersCommand : ICommandModule
{
    private readonly Argument<string> _name = new("NAME");
    private readonly Option<string> _why = new("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "from the command line" };

    public UsersCommand() => _name.Validators.Add(given =>
    {
        if (given.Tokens.Count > 0 && !AccessNames.IsOne(given.Tokens[0].Value))
        {
            given.AddError($"NAME takes {AccessNames.Rule}");
        }
    });

    public Command Build(CommandShell shell) => new("users", "Adds, lists and removes those who may log in to the dashboard (http.users_file); running dashboards take it over at once")
    {
        List(shell), Add(shell), Password(shell), Remove(shell),
    };

    private static Command List(CommandShell shell)
    {
        var format = CommandFormat.Option();
        var command = new Command("list", "Lists the users and their roles") { format };
        command.SetAction(parsed =>
        {
            var users = File(shell.Load(parsed).Options).Read();
            if (parsed.IsJson(format))
            {
                shell.WriteJson(users.Select(u => new { name = u.Name, role = u.Role }));
                return;
            }
            shell.Out.WriteLine(users.Count == 0 ? "no user" : $"{"role",-10} name");
            foreach (var user in users)
            {
                shell.Out.WriteLine($"{user.Role.ToString().ToLowerInvariant(),-10} {user.Name}");
            }
        });
        return command;
    }

    private Command Add(CommandShell shell)
    {
        var role = new Option<string>("--role") { Description = "viewer looks, operator also decides", HelpName = "viewer|operator", Required = true };
        role.AcceptOnlyFromAmong("viewer", "operator");
        var command = new Command("add", "Adds a user; the password is asked for, or read from standard input") { _name, role, _why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var file = File(host.Options);
            var (name, rank) = (parsed.GetValue(_name)!, UserEntry.RoleOf(parsed.GetValue(role)!)!.Value);
            var user = new UserEntry(name, rank, PasswordHash.Make(await PasswordPrompt.ReadAsync(shell, name, cancel).ConfigureAwait(false)));
            await AccessDeed.DoAsync(host, shell, "user.added", $"user {name} added as {parsed.GetValue(role)}", parsed.GetValue(_why)!, () => file.AddAsync(user, shell.Clock, cancel), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"{name} may log in as {parsed.GetValue(role)}");
            return 0;
        });
        return command;
    }

    private Command Password(CommandShell shell)
    {
        var command = new Command("password", "Gives a user another password, and ends his sessions") { _name, _why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var file = File(host.Options);
            var name = parsed.GetValue(_name)!;
            var hash = PasswordHash.Make(await PasswordPrompt.ReadAsync(shell, name, cancel).ConfigureAwait(false));
            await AccessDeed.DoAsync(host, shell, "user.password_changed", $"user {name} has another password", parsed.GetValue(_why)!,
                () => file.ReplaceAsync(name, u => u with { Hash = hash }, shell.Clock, cancel), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"{name} has the new password");
            return 0;
        });
        return command;
    }

    private Command Remove(CommandShell shell)
    {
        var command = new Command("remove", "Removes a user, and ends his sessions") { _name, _why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var file = File(host.Options);
            var name = parsed.GetValue(_name)!;
            await AccessDeed.DoAsync(host, shell, "user.removed", $"user {name} removed", parsed.GetValue(_why)!, () => file.RemoveAsync(name, shell.Clock, cancel), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"{name} may not log in any more");
            return 0;
        });
        return command;
    }

    private static AccessFile<UserEntry> File(HealingOptions options) => options.Http.UsersFile.Length > 0
        ? Door.Users(options.Http)
        : throw new HealingException("http.users_file is not set, so there is nowhere to keep users", "set it in healing.yaml: http: { users_file: users }");
}
