using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>What a person decides, as it is typed.</summary>
[TestFixture]
internal sealed class TypedTests
{
    [Test]
    public async Task Approve_shows_the_plan_asks_and_takes_no_for_an_answer()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("pg_catalog.pg_description_o_c_o_index");
        var id = (await hospital.CheckAsync(new BtreeCheck())).Single().Id;
        await RefusedAsync(hospital, $"incident {id} is Detected and waits for no approval", "approve", $"{id}");
        await hospital.HealAsync(id);

        var piped = await RunAsync(hospital, null, "approve", $"{id}");
        Assert.That(piped.Code, Is.EqualTo(1));
        Assert.That(piped.Out, Does.Contain("REINDEX INDEX pg_catalog.pg_description_o_c_o_index").And.Not.Contain("[y/N]"));
        Assert.That(piped.Error, Does.Contain("error: not approved").And.Contain("HINT: --yes"));
        foreach (var answer in new[] { "n", "", "perhaps" })
        {
            Assert.That((await RunAsync(hospital, answer, "approve", $"{id}")).Code, Is.EqualTo(1), answer);
        }
        Assert.That((await hospital.FindAsync(id)).ApprovedBy, Is.Null);
        Assert.That((await hospital.HealAsync(id)).State, Is.EqualTo(IncidentState.AwaitingApproval));

        var agreed = await RunAsync(hospital, "y", "approve", $"{id}", "--why", "a quiet hour");
        Assert.That(agreed.Code, Is.Zero, agreed.Error);
        Assert.That(agreed.Out, Does.Contain("[y/N]").And.Contain("approved by anna"));
        Assert.That((await hospital.HealAsync(id)).State, Is.EqualTo(IncidentState.Resolved));
        var receipt = (await new ReceiptLedger(hospital.Db).OfIncidentAsync(id, CancellationToken.None)).Single();
        Assert.That((string?)JsonNode.Parse(receipt.Body)!["approved_by"], Is.EqualTo("anna"));
        await RefusedAsync(hospital, $"incident {id} is Resolved", "approve", $"{id}", "--yes");
    }

    [Test]
    public async Task Approve_asks_nothing_when_told_so()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("pg_catalog.pg_description_o_c_o_index");
        var id = (await hospital.CheckAsync(new BtreeCheck())).Single().Id;
        await hospital.HealAsync(id);
        var approved = await RunAsync(hospital, null, "approve", $"{id}", "--yes");
        Assert.That((approved.Code, (await hospital.FindAsync(id)).ApprovedBy), Is.EqualTo((0, "anna")), approved.Error);
    }

    [Test]
    public async Task Incidents_are_shown_suppressed_reopened_and_closed_each_with_its_reason()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var id = (await hospital.CheckAsync()).Single().Id;
        foreach (var verb in new[] { "reopen", "close", "suppress" })
        {
            await RefusedAsync(hospital, "--why", "incidents", verb, $"{id}");
            await RefusedAsync(hospital, "--why takes a reason", "incidents", verb, $"{id}", "--why", " ");
            await RefusedAsync(hospital, "there is no incident 4711", "incidents", verb, "4711", "--why", "x");
            await RefusedAsync(hospital, "nonsense", "incidents", verb, "nonsense", "--why", "x");
        }
        await RefusedAsync(hospital, "there is no incident 4711", "incidents", "show", "4711");
        await RefusedAsync(hospital, "there is no incident 4711", "approve", "4711", "--yes");
        await RefusedAsync(hospital, "is Detected and cannot become Closed", "incidents", "close", $"{id}", "--why", "x");
        await RefusedAsync(hospital, "is Detected and cannot become Detected", "incidents", "reopen", $"{id}", "--why", "x");

        await DoneAsync(hospital, "is Suppressed", "incidents", "suppress", $"{id}", "--why", "until the move");
        await RefusedAsync(hospital, "is Suppressed and cannot become Suppressed", "incidents", "suppress", $"{id}", "--why", "x");
        await DoneAsync(hospital, "is Detected", "incidents", "reopen", $"{id}", "--why", "we have moved");
        await DoneAsync(hospital, "is Suppressed", "incidents", "suppress", $"{id}", "--why", "again");
        await DoneAsync(hospital, "is Closed", "incidents", "close", $"{id}", "--why", "the table goes");
        await RefusedAsync(hospital, "is Closed and cannot become Detected", "incidents", "reopen", $"{id}", "--why", "x");

        var shown = (await RunAsync(hospital, null, "incidents", "show", $"{id}")).Out;
        Assert.That(shown, Does.Match("btree_corrupt on public.movies_title_idx of movies(.|\n)*anna: suppressed: until the move(.|\n)*anna: reopened: we have moved(.|\n)*anna: closed: the table goes"));
        var json = JsonNode.Parse((await RunAsync(hospital, null, "incidents", "show", $"{id}", "--format", "json")).Out)!;
        Assert.That((string?)json["incident"]!["state"], Is.EqualTo("Closed"));
        Assert.That(json["audit"]!.AsArray().Count(a => (string?)a!["actor"] == "anna"), Is.EqualTo(4));
    }

    private static async Task DoneAsync(Hospital hospital, string said, params string[] args)
    {
        var run = await RunAsync(hospital, null, args);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(run.Out, Does.Contain(said));
    }

    private static async Task RefusedAsync(Hospital hospital, string why, params string[] args)
    {
        var run = await RunAsync(hospital, null, args);
        Assert.That(run.Code, Is.EqualTo(1), string.Join(' ', args));
        Assert.That(run.Error, Does.Match(@"^error: [^\n]*(.|\n)*\nHINT: \S").And.Contain(why));
    }

    /// <param name="answer">What is typed when asked; null where nobody sits at a terminal.</param>
    private static async Task<(int Code, string Out, string Error)> RunAsync(Hospital hospital, string? answer, params string[] args)
    {
        await using var written = new StringWriter();
        await using var errors = new StringWriter();
        using var typed = new StringReader(answer ?? "y");
        var shell = new CommandShell
        {
            Out = written, Error = errors, In = typed, OutIsTerminal = answer is not null, Actor = "anna", Clock = TimeProvider.System, Directory = hospital.Options.StateDirectory,
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HEALING__CONTROL__CONNECTION"] = hospital.Db.ConnectionString,
                ["HEALING__STATE_DIRECTORY"] = hospital.Options.StateDirectory,
                ["HEALING__TARGETS__0__NAME"] = "movies",
                ["HEALING__TARGETS__0__CONNECTION"] = hospital.Target.Options.Connection,
            },
        };
        var code = await CommandLine.RunAsync(args, shell, CancellationToken.None);
        return (code, written.ToString(), errors.ToString());
    }
}
