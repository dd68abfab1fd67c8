using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Repairs under exactly the roles that `healing grant` makes: one that looks, one that repairs.</summary>
[TestFixture]
internal sealed class RolesTests
{
    [Test]
    public async Task The_role_that_repairs_heals_what_its_owners_own_and_no_more()
    {
        var suffix = Guid.NewGuid().ToString("N")[..8];
        var (watcher, mender, studio) = ($"watcher_{suffix}", $"mender_{suffix}", $"studio_{suffix}");
        await using var hospital = await Hospital.OpenAsync(500, realChecks: true, adjust: t =>
        {
            t.Connections.Check = As(t.Connection, watcher);
            t.Connections.Repair = As(t.Connection, mender);
            t.Connection = As(t.Connection, "nobody_at_all");
        });
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {studio}; CREATE ROLE {watcher} LOGIN; CREATE ROLE {mender} LOGIN; ALTER TABLE movies OWNER TO {studio}; GRANT CREATE ON SCHEMA public TO {studio}");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, await RolesAsync());
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"GRANT healing_detect TO {watcher}; GRANT healing_repair TO {mender}");
        try
        {
            await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
            await hospital.Damage.Index.ZeroLeafAsync("casts_person_id_idx");
            var open = await hospital.CheckAsync(hospital.Checks[0]);
            Assert.That(open.Select(i => i.Kind), Is.EqualTo(new[] { FindingKind.BtreeCorrupt, FindingKind.BtreeCorrupt }));

            var ours = await hospital.HealAsync(open.Single(i => i.Object.Quoted == "public.movies_title_idx").Id);
            Assert.That(ours.State, Is.EqualTo(IncidentState.Resolved), ours.Note);
            Assert.That(ours.Note, Does.Contain("btree is clean"));
            var theirs = await hospital.HealAsync(open.Single(i => i.Object.Quoted == "public.casts_person_id_idx").Id);
            Assert.That(theirs.State, Is.EqualTo(IncidentState.Escalated));
            Assert.That(theirs.Note, Does.Contain($"the role {mender} may not rebuild public.casts_person_id_idx: GRANT postgres TO {mender}"));

            // an unfinished build is dropped with the same right
            await hospital.Damage.LeftoverAsync("movies_title_lower_idx");
            var left = (await hospital.CheckAsync(hospital.Checks[1])).Single(i => i.Kind == FindingKind.IndexLeftover);
            var dropped = await hospital.HealAsync(left.Id);
            Assert.That(dropped.State, Is.EqualTo(IncidentState.Resolved), dropped.Note);
            await NoLeftovers.AssertAsync(Hospital.Cluster, hospital.Database, ["healing check"]);
            var stays = await hospital.Damage.LeftoverAsync("people_pkey");
            var foreign = await hospital.HealAsync((await hospital.CheckAsync(hospital.Checks[1])).Single(i => i.Kind == FindingKind.IndexLeftover).Id);
            Assert.That(foreign.Note, Does.Contain($"the role {mender} may not drop public.{stays}: GRANT postgres TO {mender}"));
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, $"REVOKE {studio} FROM healing_repair");
        }
    }

    [Test]
    public async Task Without_the_right_to_a_checkpoint_the_proof_is_in_memory_only_though_files_can_be_read()
    {
        var role = $"owner_{Guid.NewGuid():N}";
        await using var hospital = await Hospital.OpenAsync(500, realChecks: true, adjust: t =>
        {
            t.Connection = As(t.Connection, role);
            t.DataDirectory = Hospital.Cluster.DataDirectory;
        });
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"CREATE ROLE {role} LOGIN; GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean) TO {role}; ALTER TABLE movies OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}");
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync(hospital.Checks[0])).Single();
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("verified in memory only"));
        var snapshot = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(incident.Id, CancellationToken.None)).Single();
        Assert.That(snapshot.Kind, Is.EqualTo("relation_files"));
        Assert.That(snapshot.Manifest, Does.Contain("may not CHECKPOINT"));
    }

    private static string As(string connection, string user) => new NpgsqlConnectionStringBuilder(connection) { Username = user }.ConnectionString;

    private static async Task<string> RolesAsync()
    {
        await using var stream = typeof(Worker.Commands.CommandLine).Assembly.GetManifestResourceStream("HealingWorkers.Worker.Commands.Sql.roles.sql")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
