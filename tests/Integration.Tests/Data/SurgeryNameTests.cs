using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>A lock goes by name, the work on rows by oid.</summary>
[TestFixture]
internal sealed class SurgeryNameTests
{
    [TestCase("SELECT", true)]
    [TestCase("ALTER TABLE t RENAME TO t_of_old; CREATE TABLE t (LIKE t_of_old)", false)]
    [TestCase("BEGIN; ALTER TABLE t RENAME TO a; ALTER TABLE other RENAME TO t; COMMIT", false)]
    public async Task A_table_is_worked_on_under_the_name_that_it_was_planned_with(string meanwhile, bool worked)
    {
        await using var clinic = await Clinic.OpenAsync("CREATE TABLE t (id int); CREATE TABLE other (id int)");
        var session = await clinic.SessionAsync();
        await using var connection = session.Connection;
        var oid = await Clinic.Cluster.ScalarAsync<long>(clinic.Database, "SELECT 't'::regclass::oid::bigint");
        var table = (await TableLook.AtAsync(connection, oid, CancellationToken.None))!;
        await clinic.RunAsync(meanwhile);
        var began = false;
        var surgery = new Surgery(session, new StatementLog(), Clinic.Limits);
        foreach (var hold in new[] { surgery.HeldAsync, (Func<TableLook, Func<Task>, CancellationToken, Task<bool>>)surgery.StillAsync })
        {
            Assert.That(await hold(table, () => { began = true; return Task.CompletedTask; }, CancellationToken.None), Is.EqualTo(worked));
        }
        Assert.That(began, Is.EqualTo(worked));
        var log = new StatementLog();
        Assert.That(await TableVacuum.RunAsync(session, table, Clinic.Limits, log, CancellationToken.None), worked ? Is.Null : Does.Contain("another name by now"));
        Assert.That(log.Sent, Has.Count.EqualTo(worked ? 1 : 0));
    }
}
