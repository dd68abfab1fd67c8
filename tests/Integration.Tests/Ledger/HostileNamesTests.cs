using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

/// <summary>Names out of a watched database that would act upon a terminal, on their way through the commands.</summary>
[TestFixture]
public sealed class HostileNamesTests
{
    private const string Hostile = "x\u001b]0;title\u0007\u001b[2J\u202e";
    private const string Shown = "x\\u{1b}]0;title\\u{7}\\u{1b}[2J\\u{202e}";

    [Test]
    public async Task They_are_shown_and_do_nothing()
    {
        await using var ledger = await FreshLedger.CreateAsync();
        var story = new Story(ledger.Db);
        var incident = await story.DamageAsync(Hostile);
        await ledger.ExecuteAsync("UPDATE healing.incidents SET reason = @Hostile", new { Hostile });
        await ledger.ExecuteAsync("INSERT INTO healing.receipts (seq, incident_id, attempt, body, previous_hash, hash) VALUES (1, @Id, 1, json_build_object('outcome', 'failed', 'reason', @Hostile::text, 'statements', json_build_array('REINDEX ' || @Hostile::text || repeat(' ', 9000) || 'end')), 'a', 'b')", new { incident.Id, Hostile });
        foreach (var arguments in (string[][])[["incidents"], ["incidents", "show", $"{incident.Id}"], ["receipt", $"{incident.Id}"], ["incidents", "show", "7", "--config", Hostile]])
        {
            var said = await RunAsync(ledger, arguments);
            Assert.That(said, Does.Contain(Shown).And.Not.Contain("\u001b").And.Not.Contain("\u0007").And.Not.Contain("\u202e"), string.Join(' ', arguments[..^1]));
        }
        Assert.That(await RunAsync(ledger, "receipt", $"{incident.Id}"), Does.Contain("          end"), "however long: it is read as it was done");
    }

    [Test]
    public void A_report_shows_them_too()
    {
        using var output = new StringWriter();
        var finding = Finding.Of("btree", FindingKind.BtreeCorrupt, new TargetId("1", 1), new RelationName(1, $"public.{Hostile}"), $"of {Hostile}");
        CheckOutput.Write(Shell(output, new Dictionary<string, string>()), "movies", [new CheckReport("btree", CheckStatus.Damaged, TimeSpan.FromSeconds(1), Hostile, [finding], [1])], json: false);
        Assert.That(output.ToString(), Does.Contain($"of {Shown}").And.Not.Contain("\u001b").And.Not.Contain("\u202e"));
    }

    [Test]
    public async Task Why_repairs_go_on_is_kept()
    {
        await using var ledger = await FreshLedger.CreateAsync();
        await RunAsync(ledger, "pause", "--why", "a release");
        Assert.That(await RunAsync(ledger, "resume", "--why", "the release is out"), Does.Contain("go on"));
        var audit = await new AuditLog(ledger.Db).ListAsync(null, null, 2, default);
        Assert.That(audit.Select(a => a.Message), Is.EqualTo(new[] { "repairs of everything resumed: the release is out", "repairs of everything paused: a release" }));
    }

    private static async Task<string> RunAsync(FreshLedger ledger, params string[] arguments)
    {
        using var output = new StringWriter();
        await CommandLine.RunAsync(arguments, Shell(output, new Dictionary<string, string> { ["HEALING__CONTROL__CONNECTION"] = ledger.ConnectionString }), CancellationToken.None);
        return output.ToString();
    }

    private static CommandShell Shell(StringWriter output, IReadOnlyDictionary<string, string> environment) =>
        new() { Out = output, Error = output, Clock = TimeProvider.System, Environment = environment, Directory = Path.GetTempPath() };
}
