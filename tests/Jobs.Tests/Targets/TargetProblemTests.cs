using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Targets;

[TestFixture]
public sealed class TargetProblemTests
{
    [TestCase("XX001", "invalid page in block 3 of relation base/16384/2662", true)]
    [TestCase("XX002", "index \"pg_class_oid_index\" contains unexpected zero page at block 3", true)]
    [TestCase("XX000", "catalog is missing 3 attribute(s) for relation OID 1259", true)]
    [TestCase("XX000", "cache lookup failed for relation 2662", true)]
    [TestCase("58P01", "could not open file \"base/16384/16419\": No such file or directory", true)]
    [TestCase("58P01", "konnte Datei »base/16384/16419« nicht öffnen: Datei oder Verzeichnis nicht gefunden", true)]
    [TestCase("58P01", "could not access file \"auto_explain\": No such file or directory", false)]
    [TestCase("58P01", "could not load library \"/usr/lib/postgresql/15/lib/database/auto.so\"", false)]
    [TestCase("XX000", "Tenant or user not found", false)]
    [TestCase("28P01", "password authentication failed for user \"relation\"", false)]
    [TestCase("57P03", "the database system is starting up", false)]
    public void Only_what_speaks_of_damaged_files_or_catalogue_locks_out(string state, string message, bool damage) =>
        Assert.That(TargetProblem.SpeaksOfDamage(state, message), Is.EqualTo(damage));
}
