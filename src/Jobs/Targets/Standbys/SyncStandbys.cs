using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Whether those answer whom commits wait for.</summary>
/// <param name="Names">synchronous_standby_names.</param>
/// <param name="Needed">How many must answer; 0: commits wait for nobody.</param>
/// <param name="Answering">How many do; null: the role may not see it.</param>
public sealed record SyncStandbys(string Names, int Needed, int? Answering)
{
    public const string Object = "synchronous standbys";

    public bool HoldsUpCommits => Answering < Needed;

    public string Said => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"commits wait for {Needed} of synchronous_standby_names = '{Names}', and {Answering} of them answer(s): whoever writes waits until more are back, or the setting is another one");

    public static Task<SyncStandbys> AskAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.QuerySingleAsync<SyncStandbys>(new CommandDefinition(Sql.Of<SyncStandbys>("sync_standbys"), commandTimeout: 30, cancellationToken: cancel));
}
