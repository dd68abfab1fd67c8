using System.Text;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Worker.Commands;

/// <summary>Takes a new password from a terminal, unseen and twice, or else the first line of standard input. Never from the command line, which everybody on the machine can read.</summary>
internal static class PasswordPrompt
{
    public static async Task<string> ReadAsync(CommandShell shell, string user, CancellationToken cancel)
    {
        var password = shell.InIsTerminal ? Typed(shell, $"Password of {user}: ") : await shell.In.ReadLineAsync(cancel).ConfigureAwait(false) ?? "";
        if (password.Length is < PasswordHash.ShortestPassword or > PasswordHash.LongestPassword)
        {
            throw new HealingException($"the password has {password.Length} characters", $"{PasswordHash.ShortestPassword} to {PasswordHash.LongestPassword}; a few words are easier to keep in mind than signs");
        }
        if (password.Contains(user, StringComparison.OrdinalIgnoreCase) || password.Distinct().Count() < 5)
        {
            throw new HealingException("that password is guessed too easily", "not the name, and not the same few signs again and again");
        }
        return !shell.InIsTerminal || Typed(shell, "Once more: ") == password
            ? password
            : throw new HealingException("these were two different passwords", "try again; nothing was changed");
    }

    private static string Typed(CommandShell shell, string prompt)
    {
        shell.Error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }
        shell.Error.WriteLine();
        return typed.ToString();
    }
}
