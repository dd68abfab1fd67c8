using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Two rows under one key of a unique index, whether the index knows of both or not.</summary>
public sealed class DuplicateKeysCheck : ICheck
{
    private const int Shown = 20;

    public CheckDescription Description { get; } = new(
        "duplicate_keys", "Groups every table by the key of each of its unique indexes, without using an index.", "db.index_check",
        "Reads every table once for each of its unique indexes, and sorts or hashes their keys within work_mem and temporary files.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "SELECT on the tables (GRANT pg_read_all_data to the role that checks; healing_detect reads no rows).",
        "Duplicates of transactions that have not committed, which are none. Keys that call functions of a role with fewer rights than a superuser who checks.",
        [FindingKind.DuplicateKeys, FindingKind.DeadlyRead]) { Reach = CheckReach.Table };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var listed = await KeysAsync(request.Target, request.Scope, cancel).ConfigureAwait(false);
        var left = new LeftAlone();
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var keys = listed.Items.Where(k => !left.Passes(k.TableQuoted, deadly.WhyNotRows(new(k.TableOid, k.TableQuoted)))).ToList();
        var held = listed.Held.Select(h => h.Oid).ToHashSet();
        var (findings, open, examined) = (new List<Finding>(), new List<string>(), new List<UniqueKey>());
        var (forbidden, denied) = (0, false);
        open.AddRange(listed.Held.Select(h => $"{h.Quoted}: {PatientList.HeldByOthers}"));
        foreach (var (key, at) in keys.Select((k, at) => (k, at)))
        {
            if (held.Contains(key.TableOid))
            {
                // waited for once
                continue;
            }
            request.Progress?.Report(new(Description.Name, at, keys.Count, key.Quoted));
            if (key.ForeignOwner is { } owner)
            {
                forbidden++;
                open.Add($"{key.Quoted}: its key calls a function of {owner}, which would run with the rights of a superuser; check as a role that is none");
                continue;
            }
            var began = request.Target.Clock.GetTimestamp();
            try
            {
                var groups = await LookAnewAsync(request.Target, key, deadly, cancel).ConfigureAwait(false);
                if (groups is null)
                {
                    continue;
                }
                examined.Add(key);
                if (groups.Count > 0)
                {
                    findings.Add(Found(facts, key, groups));
                }
            }
            catch (DeadlyReadException)
            {
                // told by the fence itself
            }
            catch (PostgresException e) when (e.SqlState == SqlState.LockNotAvailable)
            {
                held.Add(key.TableOid);
                open.Add($"{key.TableQuoted}: {PatientList.HeldByOthers}");
            }
            catch (PostgresException e) when (e.SqlState is not (SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow))
            {
                cancel.ThrowIfCancellationRequested();
                var damaged = e.SqlState is SqlState.UndefinedFile or SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.IoError;
                denied |= e.SqlState == SqlState.InsufficientPrivilege;
                forbidden += damaged || e.SqlState == SqlState.InsufficientPrivilege ? 1 : 0;
                open.Add($"{key.Quoted}: {e.MessageText} ({e.SqlState}){(damaged ? ", which the checks of that object tell" : "")}");
            }
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
        findings.AddRange(deadly.Findings);
        var status = findings.Count > 0 ? CheckStatus.Damaged : open.Count == 0 ? CheckStatus.Clean : open.Count == forbidden ? CheckStatus.Unavailable : CheckStatus.Failed;
        var missed = open.Count == 0 ? null : (denied ? $"it needs SELECT on the tables: GRANT pg_read_all_data TO {facts.Role}; " : "") + $"{open.Count} not examined: " + string.Join("; ", open.Take(5)) + (open.Count > 5 ? "; ..." : "");
        return new(Description.Name, status, elapsed(), LeftAlone.Joined(missed, deadly.Reason, left.Reason), findings, [.. examined.Select(k => k.Oid)]) { ExaminedNames = [.. examined.Select(k => k.Quoted)], LeftAlone = deadly.LeftAlone };
    }, cancel);

    private static Task<Listed<UniqueKey>> KeysAsync(Target target, CheckScope scope, CancellationToken cancel) =>
        PatientList.ReadAsync(target, (connection, held) => UniqueKeys.ReadAsync(connection, scope, cancel, held), cancel);

    /// <summary>Null where it was dropped meanwhile: nobody's business. One that was altered is looked at as it is now.</summary>
    private static async Task<IReadOnlyList<DuplicateGroup>?> LookAnewAsync(Target target, UniqueKey key, DeadlyReads deadly, CancellationToken cancel)
    {
        try
        {
            return await LookAsync(target, key, deadly, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (PatientList.WentMeanwhile(e))
        {
            cancel.ThrowIfCancellationRequested();
            if ((await KeysAsync(target, CheckScope.OfIndexes(key.Oid), cancel).ConfigureAwait(false)).Items is not [var now])
            {
                return null;
            }
            if (string.Equals(now.Query, key.Query, StringComparison.Ordinal))
            {
                throw;
            }
            return await LookAsync(target, now, deadly, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<DuplicateGroup>> LookAsync(Target target, UniqueKey key, DeadlyReads deadly, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        return await deadly.GuardAsync(connection, new RelationName(key.TableOid, key.TableQuoted), key.Query, token => UniqueKeys.FindAsync(connection, key, token), cancel).ConfigureAwait(false);
    }

    internal static Finding Found(TargetFacts facts, UniqueKey key, IReadOnlyList<DuplicateGroup> groups)
    {
        var some = groups[0];
        var number = groups.Count < UniqueKeys.Most ? $"{groups.Count}" : $"{groups.Count} or more";
        return Finding.Of("duplicate_keys", FindingKind.DuplicateKeys, facts.Id, new(key.Oid, key.Quoted),
            $"{number} key(s) of {key.TableQuoted} ({string.Join(", ", key.KeyColumns)}) have more than one row, among them {some.Key} at {some.First} and {some.Last}") with
        {
            Evidence = new JsonObject
            {
                ["table"] = key.TableQuoted,
                ["table_oid"] = key.TableOid,
                ["key"] = new JsonArray([.. key.KeyColumns.Select(c => (JsonNode)c)]),
                ["groups"] = groups.Count,
                ["referenced_by"] = new JsonArray([.. (key.ReferencedBy ?? []).Select(c => (JsonNode)c)]),
                ["duplicates"] = new JsonArray([.. groups.Take(Shown).Select(g => (JsonNode)new JsonObject { ["key"] = g.Key, ["rows"] = g.Copies, ["ctids"] = new JsonArray(g.First, g.Last) })]),
            },
        };
    }
}
