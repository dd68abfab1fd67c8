using System.Net.Sockets;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Says in a person's words why a target cannot be used, and never repeats a password.</summary>
public static partial class TargetProblem
{
    public static bool IsOfConnecting(Exception e) =>
        e is NpgsqlException or SocketException or TimeoutException or IOException;

    public static HealingException Explain(Exception e, string target, NpgsqlConnectionStringBuilder settings, string? dataDirectory = null)
    {
        var place = $"target {target} ({settings.Host}:{settings.Port}, database {settings.Database})";
        var answer = Answer(e);
        return answer?.SqlState switch
        {
            SqlState.InvalidPassword or SqlState.InvalidAuthorization => new HealingException(
                $"{place} refused the user {settings.Username}: {answer.MessageText}",
                "Check user and password of the connection string, and pg_hba.conf of that server.", e),
            SqlState.InvalidCatalogName => new HealingException(
                $"{place}: there is no such database", "Correct Database= in the connection string; `psql -l` lists what there is.", e),
            SqlState.InsufficientPrivilege => new HealingException(
                $"{place}: the user {settings.Username} may not: {answer.MessageText}",
                $"GRANT CONNECT ON DATABASE {settings.Database} TO {settings.Username}; or run `healing grant` as an administrator.", e),
            "53300" => new HealingException(
                $"{place} has no connection left: {answer.MessageText}", "Raise max_connections, or keep some free with reserved connections.", e),
            SqlState.CannotConnectNow => new HealingException(
                $"{place} is starting or stopping: {answer.MessageText}", "Wait until it accepts connections; its log says how far recovery is.", e),
            not null when SpeaksOfDamage(answer.SqlState, answer.MessageText) => new LockedOutException(
                $"{place} lets nobody in, as with a damaged index of its catalogue: {answer.SqlState}: {answer.MessageText}. A person rebuilds the catalogue's indexes {CriticalIndex.Commands(settings.Database ?? settings.Username ?? "", null, dataDirectory)}",
                "Keep a copy of the data directory first.", e),
            not null => new HealingException($"{place} answered {answer.SqlState}: {answer.MessageText}", "See the log of that server.", e),
            _ => new HealingException(
                $"{place} cannot be reached: {(e.InnerException ?? e).Message}",
                "Is it running, does it listen there, and does a firewall stand between? Try it with psql from this machine.", e),
        };
    }

    /// <summary>
    /// Whether a server that lets nobody in says that its files or its catalogue are damaged. Proxies have internal errors of their own,
    /// and a library that is to be loaded into each session may be missing.
    /// </summary>
    public static bool SpeaksOfDamage(string state, string message) => state switch
    {
        SqlState.DataCorrupted or SqlState.IndexCorrupted => true,
        SqlState.UndefinedFile => File().IsMatch(message),
        SqlState.InternalError => Catalogue().IsMatch(message),
        _ => false,
    };

    /// <summary>What the server answered, where it did.</summary>
    public static string? StateOf(Exception e) => Answer(e)?.SqlState;

    private static PostgresException? Answer(Exception e) => e switch
    {
        PostgresException p => p,
        AggregateException many => many.InnerExceptions.Select(Answer).FirstOrDefault(a => a is not null),
        { InnerException: { } inner } => Answer(inner),
        _ => null,
    };

    // paths are the same in every language of the server, and its internal errors are not translated
    [GeneratedRegex("""["«»„“'](base|global|pg_tblspc)/""", RegexOptions.None, 1000)]
    private static partial Regex File();

    [GeneratedRegex(@"\b(index|relation|catalog|cache lookup|attribute|block|tuple)\b", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Catalogue();
}
