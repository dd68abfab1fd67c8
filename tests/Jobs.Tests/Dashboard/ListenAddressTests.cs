using HealingWorkers.Jobs.Telemetry;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Dashboard;

[TestFixture]
public sealed class ListenAddressTests
{
    [TestCase("127.0.0.1:8080", "127.0.0.1:8080")]
    [TestCase("localhost:0", "127.0.0.1:0")]
    [TestCase("[::1]:9000", "[::1]:9000")]
    [TestCase("0.0.0.0:8080", "0.0.0.0:8080")]
    public void An_address_is_listened_on(string listen, string endpoint) =>
        Assert.That(ListenAddress.Parse(listen, "http.listen").ToString(), Is.EqualTo(endpoint));

    [TestCase("example.org:80", "no address")]
    [TestCase("8080", "no address")]
    [TestCase("127.0.0.1:99999", "no address")]
    public void Anything_else_is_refused_with_a_hint(string listen, string why)
    {
        var refused = Assert.Throws<HealingException>(() => ListenAddress.Parse(listen, "http.listen"))!;
        Assert.That(refused.Message, Does.Contain("http.listen").And.Contain(why));
        Assert.That(refused.Hint, Does.Contain("127.0.0.1"));
    }

    [TestCase("localhost", true)]
    [TestCase("LOCALHOST", true)]
    [TestCase("127.0.0.2", true)]
    [TestCase("[::1]", true)]
    [TestCase("", false)]
    [TestCase("evil.example", false)]
    [TestCase("localhost.evil.example", false)]
    [TestCase("10.0.0.1", false)]
    public void Only_names_of_this_machine_are_ours(string host, bool ours) =>
        Assert.That(ListenAddress.IsLoopbackHost(host), Is.EqualTo(ours));

    [TestCase(HealingMode.Heal, null, true)]
    [TestCase(HealingMode.Heal, HealingMode.Observe, false)]
    [TestCase(HealingMode.Observe, HealingMode.Heal, false)]
    public void A_target_must_take_writes_where_it_is_healed(HealingMode global, HealingMode? own, bool writes) =>
        Assert.That(DatabasePlace.Of(new TargetOptions { Name = "t", Connection = "Host=a", Mode = own }, global).MustWrite, Is.EqualTo(writes));
}
