using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Work on single rows under exactly the groups that `healing grant` makes, none of them a superuser.</summary>
[TestFixture]
internal sealed class SurgeryRoleTests
{
    [Test]
    public async Task Only_the_role_for_it_works_on_single_rows_and_its_session_is_the_one_that_repairs()
    {
        var suffix = Guid.NewGuid().ToString("N")[..8];
        var (watcher, mender, surgeon, studio) = ($"watcher_{suffix}", $"mender_{suffix}", $"surgeon_{suffix}", $"studio_{suffix}");
        await using var hospital = await Hospital.OpenAsync(500, realChecks: true, adjust: t =>
        {
            t.Connections.Check = As(t.Connection, watcher);
            t.Connections.Repair = As(t.Connection, mender);
            t.Connections.Surgery = As(t.Connection, surgeon);
            t.DataDirectory = Hospital.Cluster.DataDirectory;
        });
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {studio}; CREATE ROLE {watcher} LOGIN; CREATE ROLE {mender} LOGIN; CREATE ROLE {surgeon} LOGIN; ALTER TABLE external_metadata OWNER TO {studio}");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, await RolesAsync());
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            $"GRANT healing_detect TO {watcher}; GRANT healing_repair TO {mender}; GRANT healing_surgery TO {surgeon}; GRANT CREATE ON DATABASE {hospital.Database} TO {surgeon}; GRANT CREATE ON SCHEMA public TO {studio}");
        try
        {
            Assert.That(await TryAsync(hospital, mender, "SELECT heap_force_freeze('external_metadata', ARRAY['(1,7)']::tid[])"), Is.EqualTo("42501"));
            var before = await TableHash.OfAsync(Hospital.Cluster, hospital.Database, "external_metadata");
            await hospital.Damage.Row.XminInvalidAsync("external_metadata", new RowPlace(1, 7));
            hospital.Target.Forget();
            var incident = (await hospital.CheckAsync(new VisibilityCheck())).Single(i => i.Kind == FindingKind.HeapRowsHidden);
            Assert.That(incident.Repair, Is.EqualTo("unhide_rows"), incident.Detail);
            var outcome = await hospital.HealAsync(incident.Id);
            Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
            Assert.That(await TableHash.OfAsync(Hospital.Cluster, hospital.Database, "external_metadata"), Is.EqualTo(before));
            Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT taken_by FROM healing_quarantine.batches"), Is.EqualTo(surgeon));
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, $"REVOKE {studio} FROM healing_repair");
        }
    }

    private static async Task<string?> TryAsync(Hospital hospital, string user, string sql)
    {
        await using var connection = new NpgsqlConnection(As(Hospital.Cluster.ConnectionString(hospital.Database), user));
        await connection.OpenAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static async Task<string> RolesAsync()
    {
        await using var stream = typeof(Worker.Commands.CommandLine).Assembly.GetManifestResourceStream("HealingWorkers.Worker.Commands.Sql.roles.sql")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static string As(string connection, string user) => new NpgsqlConnectionStringBuilder(connection) { Username = user }.ConnectionString;
}
