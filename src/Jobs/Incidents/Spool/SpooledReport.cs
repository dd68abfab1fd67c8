using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>A report that waits on disk for its ledger, as one line of JSON.</summary>
/// <param name="Id">By which the ledger knows that it has it already.</param>
/// <param name="Ledger">Whose it is: a target has another number in another ledger.</param>
public sealed record SpooledReport(Guid Id, string Ledger, long Target, string TargetName, string? Scope, bool Demonstration, DateTimeOffset At, CheckReport Report)
{
    public JsonObject ToJson() => new()
    {
        ["id"] = Id.ToString(),
        ["ledger"] = Ledger,
        ["target"] = Target,
        ["target_name"] = TargetName,
        ["scope"] = Scope,
        ["demonstration"] = Demonstration,
        ["at"] = Time(At),
        ["check"] = Report.Check,
        ["status"] = Report.Status.ToString(),
        ["seconds"] = Report.Elapsed.TotalSeconds,
        ["reason"] = Report.Reason,
        ["looked_from"] = Report.LookedFrom is { } from ? Time(from) : null,
        ["from_standby"] = Report.FromStandby,
        ["examined"] = new JsonArray([.. Report.Examined.Select(oid => (JsonNode)oid)]),
        ["examined_names"] = new JsonArray([.. Report.ExaminedNames.Select(name => (JsonNode)name)]),
        ["findings"] = new JsonArray([.. Report.Findings.Select(f => new JsonObject
        {
            ["kind"] = f.Kind.Name,
            ["severity"] = f.Severity.ToString(),
            ["oid"] = f.Object.Oid,
            ["object"] = f.Object.Quoted,
            ["detail"] = f.Detail,
            ["fingerprint"] = f.Fingerprint,
            ["repair"] = f.Repair,
            ["risk"] = f.Risk?.Name(),
            ["evidence"] = f.Evidence.DeepClone(),
        })]),
    };

    public static SpooledReport Read(string line)
    {
        var json = JsonNode.Parse(line)!;
        var check = (string)json["check"]!;
        var findings = json["findings"]!.AsArray().Select(f => new Finding(check, FindingKind.Named((string)f!["kind"]!), Enum.Parse<Severity>((string)f["severity"]!),
            new RelationName((long)f["oid"]!, (string)f["object"]!), (string)f["detail"]!, (string)f["fingerprint"]!)
        {
            Repair = (string?)f["repair"],
            Risk = (string?)f["risk"] is { } risk ? RiskClassNames.Parse(risk) : null,
            Evidence = f["evidence"]!.DeepClone().AsObject(),
        });
        var report = new CheckReport(check, Enum.Parse<CheckStatus>((string)json["status"]!), TimeSpan.FromSeconds((double)json["seconds"]!), (string?)json["reason"], [.. findings],
            [.. json["examined"]!.AsArray().Select(oid => (long)oid!)])
        {
            ExaminedNames = [.. json["examined_names"]!.AsArray().Select(name => (string)name!)],
            FromStandby = (bool?)json["from_standby"] ?? false,
            LookedFrom = (string?)json["looked_from"] is { } from ? Time(from) : null,
        };
        return new((Guid)json["id"]!, (string)json["ledger"]!, (long)json["target"]!, (string)json["target_name"]!, (string?)json["scope"], (bool)json["demonstration"]!, Time((string)json["at"]!), report);
    }

    private static string Time(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string at) => DateTimeOffset.ParseExact(at, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
}
