using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A value that changed in the table behind the server's back, while an index still has it as it was.</summary>
[TestFixture]
internal sealed class SuspectValueTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task Both_values_are_told_the_index_is_kept_and_not_rebuilt_and_who_decides_is_heard()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "UPDATE movies SET year = year + 1 WHERE id = 40");
        var row = await hospital.Damage.Row.FindAsync("movies", "id = 40");
        var right = await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT title FROM movies WHERE id = 40");
        await hospital.Damage.Row.FlipInValueAsync("movies", row, "title", at: 2);
        var wrong = await Hospital.Cluster.ScalarAsync<string>(hospital.Database, "SELECT title FROM movies WHERE id = 40");
        Assert.That(wrong, Is.Not.EqualTo(right));
        var files = await FilesAsync(hospital);

        var found = await hospital.CheckAsync(new BtreeCheck());

        Assert.That(found.Select(i => i.Kind), Is.All.EqualTo(FindingKind.HeapValueSuspect));
        var incident = found.Single(i => i.Object.Quoted == "public." + Index);
        Assert.That(incident.Detail, Does.Contain($"title='{wrong}'").And.Contain($"title='{right}'"));
        foreach (var each in found)
        {
            Assert.That((await hospital.HealAsync(each.Id)).State, Is.EqualTo(IncidentState.Escalated));
        }
        var told = (await hospital.FindAsync(incident.Id)).Reason;
        Assert.That(told, Does.Contain(right!).And.Contain(wrong!).And.Contain("Do not REINDEX"));
        Assert.That(await FilesAsync(hospital), Is.EqualTo(files), "nothing was rebuilt");
        var snapshot = Path.Combine(hospital.Options.StateDirectory, "snapshots");
        Assert.That(Directory.EnumerateFiles(snapshot, "*", SearchOption.AllDirectories).Select(Path.GetFileName), Has.Some.EndsWith(files.Single(f => f.StartsWith(Index + " ", StringComparison.Ordinal)).Split('/')[^1]));

        // nor by way of another incident of the same index
        var facts = await hospital.Target.FactsAsync(CancellationToken.None);
        var other = Finding.Of(BtreeCheck.CheckName, FindingKind.BtreeCorrupt, facts.Id, incident.Object, "it is said to be damaged");
        var corrupt = (await hospital.TakeInAsync(new(BtreeCheck.CheckName, CheckStatus.Damaged, TimeSpan.Zero, null, [other], []))).Single(i => i.Kind == FindingKind.BtreeCorrupt);
        var refused = await hospital.HealAsync(corrupt.Id);
        Assert.That((refused.State, refused.Note), Is.EqualTo((IncidentState.Escalated, $"public.{Index} and its table say two things of a row (incident {incident.Id}), and it may hold the last trace of the right one: it is rebuilt when a person has decided and closed that")));

        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"UPDATE movies SET title = '{right!.Replace("'", "''", StringComparison.Ordinal)}' WHERE ctid = '{row}'");
        await new IncidentDecisions(new IncidentLedger(hospital.Db), 3).ReopenAsync(incident.Id, "somebody", "set right by hand", CancellationToken.None);
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    [Test]
    public async Task A_row_that_shows_another_one_s_values_is_no_reason_to_rebuild()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300, realChecks: true);
        var row = await hospital.Damage.Row.FindAsync("movies", "id = 40");
        await hospital.Damage.Row.OverlapAsync("movies", row, row.Item - 1);
        var found = (await hospital.CheckAsync(new BtreeCheck())).Where(i => i.Kind.IsOfIndex || i.Kind == FindingKind.HeapValueSuspect).ToList();
        Assert.That(found.Select(i => i.Kind), Is.Not.Empty.And.All.EqualTo(FindingKind.HeapValueSuspect));
    }

    [Test]
    public async Task Where_the_entry_is_really_missing_the_index_is_at_fault()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 3000, realChecks: true);
        await hospital.Damage.Index.RemoveLeafEntriesAsync(Index, 1, 4);
        var found = (await hospital.CheckAsync(new BtreeCheck())).Single();
        Assert.That(found.Kind, Is.EqualTo(FindingKind.BtreeCorrupt));
        var outcome = await hospital.HealAsync(found.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
    }

    private static Task<IReadOnlyList<string>> FilesAsync(Hospital hospital) =>
        Hospital.Cluster.QueryAsync<string>(hospital.Database, "SELECT c.relname || ' ' || pg_relation_filepath(c.oid) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE i.indrelid = 'movies'::regclass ORDER BY 1");
}
