using System.CommandLine;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Commands;

/// <summary>healing tokens: what programs show to the API.</summary>
public sealed class TokensCommand : ICommandModule
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(731);

    public Command Build(CommandShell shell) => new("tokens", "Creates, lists and revokes tokens for the API (http.tokens_file); running dashboards take it over at once")
    {
        List(shell), Create(shell), Revoke(shell),
    };

    private static Command List(CommandShell shell)
    {
        var format = CommandFormat.Option();
        var command = new Command("list", "Lists the tokens, without their secrets") { format };
        command.SetAction(parsed =>
        {
            var tokens = File(shell.Load(parsed).Options).Read();
            if (parsed.IsJson(format))
            {
                shell.WriteJson(tokens.Select(t => new { id = t.Id, name = t.Name, scope = t.Scope, targets = t.Targets, expires = t.Expires }));
                return;
            }
            shell.Out.WriteLine(tokens.Count == 0 ? "no token" : $"{"id",-12} {"scope",-8} {"expires",-20} name");
            foreach (var token in tokens)
            {
                var only = token.Targets.Count == 0 ? "" : $", changes {string.Join(", ", token.Targets)} only";
                shell.Out.WriteLine($"{token.Id,-12} {token.Scope.ToString().ToLowerInvariant(),-8} {token.Expires,-20:u} {token.Name}{only}{(token.Expires <= shell.Clock.GetUtcNow() ? " (expired)" : "")}");
            }
        });
        return command;
    }

    private static Command Create(CommandShell shell)
    {
        var name = new Argument<string>("NAME") { Description = "What it is for; the actor of all that is done with it" };
        var scope = new Option<string>("--scope") { Description = "metrics: /metrics only; read: everything to be read; operate: changes too", HelpName = "metrics|read|operate", Required = true };
        scope.AcceptOnlyFromAmong("metrics", "read", "operate");
        var target = new Option<string[]>("--target") { Description = "With operate: changes only this target; may be repeated", HelpName = "NAME" };
        var expires = new Option<string>("--expires") { Description = "How long it is good for, 731d at most", HelpName = "DURATION", DefaultValueFactory = _ => "90d" };
        var why = Why();
        var command = new Command("create", "Makes a token and shows it, this once") { name, scope, target, expires, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var file = File(host.Options);
            var called = AccessNames.IsOne(parsed.GetValue(name)!) ? parsed.GetValue(name)! : throw new HealingException($"`{parsed.GetValue(name)}` is no name for a token", AccessNames.Rule);
            if (!Durations.TryParse(parsed.GetValue(expires)!, out var age) || age <= TimeSpan.Zero || age > Longest)
            {
                throw new HealingException($"--expires takes a duration up to 731d, not `{parsed.GetValue(expires)}`", "like --expires 90d");
            }
            var targets = parsed.GetValue(target) ?? [];
            foreach (var bound in targets)
            {
                host.Options.Named(bound);
            }
            var (entry, text) = TokenEntry.Make(called, TokenEntry.ScopeOf(parsed.GetValue(scope)!)!.Value, shell.Clock.GetUtcNow() + age, targets);
            await AccessDeed.DoAsync(host, shell, "token.created", $"token {entry.Id} ({called}) created, {parsed.GetValue(scope)}{(targets.Length == 0 ? "" : $" on {string.Join(", ", targets)}")}, until {entry.Expires:u}",
                parsed.GetValue(why)!, () => file.AddAsync(entry, shell.Clock, cancel), cancel).ConfigureAwait(false);
            shell.Error.WriteLine($"token {entry.Id} is good until {entry.Expires:u}; it is shown this once:");
            shell.Out.WriteLine(text);
            return 0;
        });
        return command;
    }

    private static Command Revoke(CommandShell shell)
    {
        var id = new Argument<string>("ID");
        var why = Why();
        var command = new Command("revoke", "Takes a token back, at once") { id, why };
        command.SetAction(async (parsed, cancel) =>
        {
            await using var host = shell.Compose(parsed);
            var file = File(host.Options);
            var gone = parsed.GetValue(id)!;
            await AccessDeed.DoAsync(host, shell, "token.revoked", $"token {gone} revoked", parsed.GetValue(why)!, () => file.RemoveAsync(gone, shell.Clock, cancel), cancel).ConfigureAwait(false);
            shell.Out.WriteLine($"token {gone} is good for nothing any more");
            return 0;
        });
        return command;
    }

    private static Option<string> Why() => new("--why") { Description = "Why; kept in the audit log", HelpName = "TEXT", DefaultValueFactory = _ => "from the command line" };

    private static AccessFile<TokenEntry> File(HealingOptions options) => options.Http.TokensFile.Length > 0
        ? Door.Tokens(options.Http)
        : throw new HealingException("http.tokens_file is not set, so there is nowhere to keep tokens", "set it in healing.yaml: http: { tokens_file: tokens }");
}
