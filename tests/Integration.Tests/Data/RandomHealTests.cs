using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using FsCheck;
using FsCheck.Fluent;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>Random schemas and damages on the whole way: found, repaired, undone after the schema has changed, and repaired again.</summary>
[TestFixture]
internal sealed class RandomHealTests
{
    private const int Worlds = 20;
    private readonly ConcurrentBag<string> _repaired = [];
    private long _taken;
    private int _again;

    /// <summary>What falsifies it is one number; HEALING_WORLDS=number does the same once more, or several with commas between.</summary>
    [Test]
    public async Task Found_repaired_and_undone_every_table_is_what_it_was()
    {
        foreach (var seed in Environment.GetEnvironmentVariable("HEALING_WORLDS")?.Split(',') ?? [])
        {
            await RoundTripAsync(int.Parse(seed, CultureInfo.InvariantCulture));
        }
        var config = Config.QuickThrowOnFailure.WithMaxTest(Worlds).WithParallelRunConfig(new ParallelRunConfig(2));
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => RoundTripAsync(seed).GetAwaiter().GetResult()).Check(config);
        await TestContext.Out.WriteLineAsync($"{Worlds} worlds, {_taken} rows through the quarantine, {_again} repairs done again: {string.Join(", ", _repaired.CountBy(r => r).OrderBy(r => r.Key).Select(r => $"{r.Value} {r.Key}"))}");
        Assert.That(_taken, Is.Positive, "nothing was ever repaired");
        Assert.That(_again, Is.Positive, "nothing was ever done again");
    }

    private async Task<bool> RoundTripAsync(int seed)
    {
        var world = new RandomWorld(seed, Clinic.Cluster.Options.Binaries.Major);
        await using var clinic = await Clinic.OpenAsync($"{world.Sql}; {Oracle}", rules =>
        {
            rules.ForeignKeys = [.. world.Keys];
            rules.AllowedValues = [.. world.Values];
        });
        foreach (var rule in world.Json)
        {
            rule.Schema = clinic.Write("meta.json", RandomWorld.JsonSchema);
            clinic.Target.Options.Rules.Json.Add(rule);
        }
        clinic.ApproveAll = true;
        var about = $"seed {seed}";
        var damaged = await HashAsync(clinic);
        var healed = await HealAsync(clinic, world, about);
        var sound = await HashAsync(clinic);
        foreach (var change in world.Changes)
        {
            await clinic.RunAsync(change);
        }
        var undone = new Stack<Incident>();
        foreach (var incident in Enumerable.Reverse(healed))
        {
            if (await TookAsync(clinic, incident) > 0)
            {
                var back = await UndoAsync(clinic, incident.Id);
                Assert.That(back.State, Is.EqualTo(incident.State == IncidentState.Resolved ? IncidentState.Undone : incident.State), about);
                undone.Push(incident);
            }
        }
        Assert.That(await HashAsync(clinic), Is.EqualTo(damaged), $"{about}: after the undo");
        if (undone.All(i => i.State == IncidentState.Resolved) && await RedoneAsync(clinic, undone, about))
        {
            Assert.That(await HashAsync(clinic), Is.EqualTo(sound), $"{about}: after the undo was undone");
        }
        return true;
    }

    /// <summary>All that is found, until nothing is; a row that a key does not let go is the one thing that may stay.</summary>
    private async Task<IReadOnlyList<Incident>> HealAsync(Clinic clinic, RandomWorld world, string about)
    {
        var healed = new List<Incident>();
        var found = await clinic.CheckAsync();
        Assert.That(found, Is.Not.Empty, about);
        foreach (var incident in found)
        {
            var now = incident;
            for (var turn = 0; turn < 5 && now.State is not (IncidentState.Resolved or IncidentState.Closed or IncidentState.Escalated); turn++)
            {
                now = await clinic.HealAsync(now);
            }
            Assert.That(now.State, Is.EqualTo(IncidentState.Resolved).Or.EqualTo(world.MayHoldOn ? IncidentState.Escalated : IncidentState.Resolved), $"{about}: {now.Object} {now.Kind.Name}: {now.Reason}");
            if (now.State == IncidentState.Escalated)
            {
                Assert.That(now.Reason, Does.Contain("does not let go"), about);
            }
            Interlocked.Add(ref _taken, await TookAsync(clinic, now));
            _repaired.Add(now.State == IncidentState.Resolved ? now.Repair ?? "none" : "held on to");
            healed.Add(now);
        }
        if (healed.TrueForAll(i => i.State == IncidentState.Resolved))
        {
            Assert.That((await clinic.CheckAsync()).Select(i => $"{i.Object} {i.Detail}"), Is.Empty, $"{about}: after the repair");
        }
        return healed;
    }

    /// <summary>An orphan that was changed twice is the one thing that is not done again; it says so.</summary>
    private async Task<bool> RedoneAsync(Clinic clinic, IEnumerable<Incident> undone, string about)
    {
        foreach (var incident in undone)
        {
            try
            {
                Assert.That((await UndoAsync(clinic, incident.Id)).State, Is.EqualTo(IncidentState.Resolved), about);
                Interlocked.Increment(ref _again);
            }
            catch (HealingException refused)
            {
                Assert.That(refused.Message, Does.Contain("refer to nothing were changed more than once"), about);
                return false;
            }
        }
        return true;
    }

    private static async Task<Incident> UndoAsync(Clinic clinic, long incident) =>
        (await clinic.Factory().Undo().RunAsync(incident, "worker", "somebody", "a test", false, CancellationToken.None)).Incident;

    private static async Task<long> TookAsync(Clinic clinic, Incident incident) =>
        await Clinic.Cluster.ScalarAsync<bool>(clinic.Database, "SELECT to_regclass('healing_quarantine.batches') IS NULL") ? 0
            : await clinic.CountAsync($"healing_quarantine.rows r JOIN healing_quarantine.batches b ON b.id = r.batch WHERE b.incident = {incident.Id} AND b.undone_at IS NULL");

    /// <summary>The tables and columns of the beginning, known by their numbers whatever they are called by then.</summary>
    private const string Oracle = """
        CREATE SCHEMA oracle;
        CREATE TABLE oracle.columns AS SELECT c.oid AS relation, c.relname, array_agg(a.attnum ORDER BY a.attnum) AS attnums
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'changes' GROUP BY c.oid;
        CREATE FUNCTION oracle.hash(relation oid, attnums smallint[]) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE hash text; names text;
        BEGIN
            SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO STRICT names FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = ANY (attnums) AND NOT a.attisdropped;
            EXECUTE format('SELECT count(*) || '' '' || coalesce(md5(string_agg(r.h, '''' ORDER BY r.h COLLATE "C")), '''') FROM (SELECT md5(ROW(%s)::text) AS h FROM ONLY %s) AS r', names, relation::regclass) INTO STRICT hash;
            RETURN hash;
        END $$
        """;

    private static async Task<IReadOnlyDictionary<string, string>> HashAsync(Clinic clinic)
    {
        await using var connection = await Clinic.Cluster.OpenAsync(clinic.Database);
        return (await connection.QueryAsync<(string Table, string Hash)>("SET timezone = 'UTC'; SET extra_float_digits = 1; SELECT relname::text, oracle.hash(relation, attnums) FROM oracle.columns"))
            .ToDictionary(t => t.Table, t => t.Hash, StringComparer.Ordinal);
    }
}
