using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Says in a person's words why the control database cannot be used.</summary>
public static class ControlDatabase
{
    public static HealingException Explain(Exception e, NpgsqlConnectionStringBuilder settings)
    {
        var place = $"{settings.Host}:{settings.Port}, database {settings.Database}";
        var state = (e as PostgresException)?.SqlState;
        return state switch
        {
            SqlState.InvalidPassword or SqlState.InvalidAuthorization => new HealingException(
                $"the control database ({place}) refused the user {settings.Username}: {Message(e)}", "check user and password in control.connection, and pg_hba.conf of that server", e),
            SqlState.InvalidCatalogName => new HealingException(
                $"the control database does not exist ({place})", $"create it: CREATE DATABASE {settings.Database}; or correct control.connection", e),
            SqlState.InsufficientPrivilege => new HealingException(
                $"the user {settings.Username} may not use the control database ({place}): {Message(e)}", $"GRANT CONNECT, CREATE ON DATABASE {settings.Database} TO {settings.Username};", e),
            not null => new HealingException(
                $"the control database ({place}) answered {state}: {Message(e)}", "see the log of that server", e),
            _ => new HealingException(
                $"the control database cannot be reached ({place}): {Message(e)}", "is it running, and can this machine reach it? check control.connection", e),
        };
    }

    private static string Message(Exception e) => e is PostgresException p ? p.MessageText : e.InnerException?.Message ?? e.Message;
}
