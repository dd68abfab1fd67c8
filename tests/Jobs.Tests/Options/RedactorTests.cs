using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class RedactorTests
{
    [TestCase("Host=x;Password=s3cr3t;Database=d")]
    [TestCase("Host=x;password = s3cr3t")]
    [TestCase("Host=x;Pwd='s3cr3t; with a semicolon s3cr3t'")]
    [TestCase("Host=x;PASSWORD=\"s3cr3t\"")]
    [TestCase("could not connect to Host=x;SSL Password=s3cr3t at once")]
    [TestCase("postgres://me:s3cr3t@host/db")]
    public void A_password_in_a_text_is_masked(string text) =>
        Assert.That(Redactor.Text(text), Does.Not.Contain("s3cr3t").And.Contain(Redactor.Mask));

    [TestCase("password authentication failed for user \"me\"")]
    [TestCase("amcheck found block 3 of movies_title_idx at 10:30:00")]
    public void Other_text_stays(string text) => Assert.That(Redactor.Text(text), Is.EqualTo(text));

    [Test]
    public void A_connection_string_keeps_all_but_its_password() => Assert.Multiple(() =>
    {
        Assert.That(Redactor.Connection("Host=h;Username=u;Password=s3cr3t"), Is.EqualTo("Host=h;Username=u;Password=***"));
        Assert.That(Redactor.Connection("nonsense s3cr3t"), Is.EqualTo(Redactor.Mask));
        Assert.That(Redactor.Connection(""), Is.Empty);
        Assert.That(Redactor.Address("https://me:s3cr3t@hooks.example:81/s3cr3t?a=s3cr3t"), Is.EqualTo("https://hooks.example:81/***"));
    });
}
