using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>Functions and operators that somebody made so that we take them for the server's, believe them, or run them with our rights.</summary>
[TestFixture]
internal sealed class ImpostorTests
{
    private const string Impostors =
        """
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.yes(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN true; END $$;
        CREATE FUNCTION evil.yes("char", "char") RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN true; END $$;
        CREATE FUNCTION evil.yes(name, name) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN true; END $$;
        CREATE OPERATOR evil.= (FUNCTION = evil.yes, LEFTARG = oid, RIGHTARG = oid);
        CREATE OPERATOR evil.= (FUNCTION = evil.yes, LEFTARG = "char", RIGHTARG = "char");
        CREATE OPERATOR evil.= (FUNCTION = evil.yes, LEFTARG = name, RIGHTARG = name);
        CREATE FUNCTION evil.concat(text, text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN ''; END $$;
        CREATE FUNCTION evil.join(text, bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN ''; END $$;
        CREATE OPERATOR evil.|| (FUNCTION = evil.join, LEFTARG = text, RIGHTARG = bigint);
        CREATE FUNCTION evil.bt_index_check(regclass, boolean) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; END $$;
        CREATE FUNCTION evil.pg_relation_filepath(regclass) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN ''; END $$;
        CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked'; RETURN ''; END $$;
        CREATE FUNCTION evil.helper(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.lower($1)';
        CREATE FUNCTION evil.key(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN helper($1); END';
        CREATE INDEX by_key ON public.movies (evil.key(title));
        """;

    [Test]
    public async Task A_schema_before_the_catalogue_in_the_path_is_not_seen_by_our_sessions()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        await hospital.Damage.Collation.CreateIndexAsync("people", "name");
        await hospital.Damage.Collation.ChangeOrderAsync();
        // the path is needed by the function, so it is set before
        await Hospital.Cluster.ExecuteAsync("postgres", $"ALTER DATABASE {hospital.Database} SET search_path = public, evil");
        await Hospital.Cluster.ExecuteAsync(hospital.Database, Impostors);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        await hospital.Damage.Index.ZeroLeafAsync("by_key");
        await Hospital.Cluster.ExecuteAsync("postgres", $"ALTER DATABASE {hospital.Database} SET search_path = evil, pg_catalog, public");
        var logged = Hospital.Cluster.Log.Length;

        var (code, report) = await Trap.HealAsync(hospital);

        Assert.That(Ours(hospital, logged, "hijacked"), Is.Empty);
        Assert.That(code, Is.Zero, report.ToJsonString());
        Assert.That(report["incidents"]!.AsArray().Select(i => (string?)i!["state"]), Is.Not.Empty.And.All.EqualTo("Resolved"), report.ToJsonString());
        Assert.That(report["incidents"]!.AsArray().Select(i => (string?)i!["object"]), Does.Contain("public.by_key").And.Contain("public.movies_title_idx"));
        Assert.That((await new BtreeCheck().RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_constraint_of_somebody_without_rights_is_not_evaluated_with_ours()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        await hospital.Damage.Collation.CreateIndexAsync("people", "name");
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nobody_special') THEN CREATE ROLE nobody_special; END IF; END $$;
            GRANT CREATE, USAGE ON SCHEMA public TO nobody_special;
            SET SESSION AUTHORIZATION nobody_special;
            CREATE FUNCTION public.me_super(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'hijacked by %', current_user; RETURN true; END $$;
            CREATE TABLE public.bait (name text COLLATE kit_order, CONSTRAINT bait_check CHECK (name > 'a' AND public.me_super(name)));
            INSERT INTO public.bait VALUES ('b');
            RESET SESSION AUTHORIZATION;
            """);
        await hospital.Damage.Collation.ChangeOrderAsync();
        var logged = Hospital.Cluster.Log.Length;
        var outcome = await hospital.HealAsync((await hospital.CheckAsync(new CollationCheck())).Single().Id);
        Assert.That(Ours(hospital, logged, "hijacked"), Is.Empty);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("me_super"));
    }

    [TestCase("XX002", "item order invariant violated")]
    [TestCase("XX001", "invalid page in block 0 of relation base/5/2619")]
    [TestCase("58P01", "could not open file \"pg_xact/0AB3\"")]
    [TestCase("42P01", "relation does not exist")]
    [TestCase("0A000", "cannot check index")]
    [TestCase("42501", "permission denied for function bt_index_check")]
    [TestCase("P0001", "no")]
    [TestCase("53200", "out of memory")]
    public async Task A_function_that_raises_in_an_index_is_neither_damage_nor_clean(string state, string message)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            $"""
            CREATE FUNCTION public.moody(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $f$
            BEGIN
                IF current_setting('application_name') LIKE 'healing%' THEN RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = '{message}'; END IF;
                RETURN $1;
            END $f$;
            CREATE INDEX moods ON movies (public.moody(title));
            """);
        var report = await Trap.AssertUntouchedAsync(hospital);
        Assert.That(report["findings"]!.AsArray(), Is.Empty, report.ToJsonString());
        Assert.That(Trap.Check(report, "btree"), Is.EqualTo("failed"), "it was not verified");
        Assert.That(Trap.Check(report, "btree", "reason"), Does.Contain("public.moods"));
    }

    [Test]
    public async Task A_function_in_an_index_that_writes_cannot()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE public.written (who text);
            CREATE FUNCTION public.writer(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $f$
            BEGIN
                IF current_setting('application_name') LIKE 'healing%' THEN
                    PERFORM set_config('default_transaction_read_only', 'off', false);
                    EXECUTE 'SET transaction_read_only = off';
                    EXECUTE 'INSERT INTO public.written VALUES (current_user)';
                END IF;
                RETURN $1;
            END $f$;
            CREATE INDEX scribbles ON movies (public.writer(title));
            """);
        var report = await Trap.AssertUntouchedAsync(hospital);
        Assert.That(Trap.Check(report, "btree"), Is.EqualTo("failed"));
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM public.written"), Is.Zero);
    }

    [Test]
    public async Task A_library_that_is_gone_is_no_damaged_table()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 30);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            "CREATE EXTENSION fuzzystrmatch; CREATE INDEX sounds ON movies (soundex(title)); UPDATE pg_proc SET probin = '$libdir/gone' WHERE proname = 'soundex'");
        var report = await Trap.AssertUntouchedAsync(hospital, incidents: 1);
        Assert.That(Trap.Check(report, "btree"), Is.EqualTo("failed"));
        Assert.That(report["findings"]!.AsArray().Select(f => ((string?)f!["kind"], (string?)f["repair"])), Is.EqualTo(new[] { ("library_missing", (string?)null) }));
    }

    private static IEnumerable<string> Ours(Hospital hospital, int since, string text) =>
        Hospital.Cluster.Log[since..].Split('\n').Where(l => l.Contains($"@{hospital.Database} healing", StringComparison.Ordinal) && l.Contains("LOG:  " + text, StringComparison.Ordinal));
}
