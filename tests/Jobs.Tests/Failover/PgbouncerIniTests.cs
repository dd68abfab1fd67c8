using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Failover;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Failover;

[TestFixture]
public sealed class PgbouncerIniTests
{
    private const string Around = "; mine\n%include /etc/extra.ini\n[databases]\nother = host=a port=1\n  {0}\n# movies = host=never\n[pgbouncer]\nmovies = host=setting\nlisten_port = 6432\r\n";

    [TestCase("movies = host=a port=1 pool_size=5", "movies = host=db2 port=5433 pool_size=5")]
    [TestCase("movies=dbname=movies  host = 'a b'   port=1", "movies=dbname=movies  host = db2   port=5433")]
    [TestCase("\"movies\" = dbname=movies", "\"movies\" = dbname=movies host=db2 port=5433")]
    [TestCase("app = host=a dbname=movies password='it''s' port=1", "app = host=db2 dbname=movies password='new '' one' port=5433")]
    [TestCase("* = host=a port=1 user=x", "* = host=db2 port=5433 user=x")]
    public void One_line_gets_the_new_place_and_every_other_letter_stays(string before, string after) =>
        Assert.That(PgbouncerIni.Rewrite(Around.Replace("{0}", before, StringComparison.Ordinal), "movies", "db2", 5433, "new ' one"), Is.EqualTo(Around.Replace("{0}", after, StringComparison.Ordinal)));

    [TestCase("third = host=a", "no line")]
    [TestCase("app = host=a dbname=movies\nreports = host=b dbname=movies", "several lines")]
    public void What_is_not_clear_is_refused(string before, string why) =>
        Assert.That(() => PgbouncerIni.Rewrite(Around.Replace("{0}", before, StringComparison.Ordinal), "movies", "db2", 5433, null), Throws.TypeOf<HealingException>().With.Message.Contains(why));
}
