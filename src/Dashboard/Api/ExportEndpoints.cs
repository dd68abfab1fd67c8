using System.Globalization;
using System.Text.Json;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Whole lists for a spreadsheet or a program: read page by page and sent as they come, so that a long one needs no room.</summary>
internal static class ExportEndpoints
{
    /// <summary>Small enough for the first rows to come at once.</summary>
    private const int PageSize = 250;

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var (jobs, incidents, audit) = (new JobLedger(parts.Ledger), new IncidentLedger(parts.Ledger), new AuditLog(parts.Ledger));
        Describe(api.MapGet("/jobs/export", ([AsParameters] JobQuery query, HttpContext http, string format = "csv") => query.Refuse() is { } refused ? refused : Send(http, format, "jobs",
            async (before, cancel) => (await jobs.HistoryAsync(query.Filter() with { Before = before, Limit = PageSize }, cancel)).Select(r => (r.Id, RunShape.Of(r))))), "All runs that match");
        Describe(api.MapGet("/incidents/export", ([AsParameters] IncidentQuery query, HttpContext http, string format = "csv") =>
            query.Refuse(out var filter) is { } refused ? refused : Send(http, format, "incidents",
                async (before, cancel) => (await incidents.ListAsync(filter with { Before = before, Limit = PageSize }, cancel)).Select(i => (i.Id, IncidentShape.Of(i))))), "All incidents that match");
        Describe(api.MapGet("/audit/export", ([AsParameters] AuditQuery query, HttpContext http, string format = "csv") => Send(http, format, "audit",
            async (before, cancel) => (await audit.ListAsync(query.Filter() with { Before = before, Limit = PageSize }, cancel)).Select(r => (r.Id, AuditShape.Of(r))))), "All entries of the audit log that match");
    }

    private static void Describe(RouteHandlerBuilder route, string summary) => route
        .WithSummary($"{summary}, the newest first, as CSV or JSON").Produces<string>(StatusCodes.Status200OK, "text/csv", "application/json").ProducesProblem(StatusCodes.Status400BadRequest);

    private static IResult Send<T>(HttpContext http, string format, string name, Func<long?, CancellationToken, Task<IEnumerable<(long Key, T Row)>>> page)
    {
        if (format is not ("csv" or "json"))
            return Problems.Invalid($"there is no format {format}", "there are: csv, json");
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.{format}\"";
        var json = ((IOptions<JsonOptions>)http.RequestServices.GetService(typeof(IOptions<JsonOptions>))!).Value.SerializerOptions;
        return Results.Stream(async stream =>
        {
            await using var writer = new StreamWriter(stream, leaveOpen: true);
            var (first, before) = (true, (long?)null);
            await writer.WriteAsync(format == "json" ? "[" : "");
            for (List<(long Key, T Row)> rows; (rows = [.. await page(before, http.RequestAborted)]).Count > 0; before = rows[^1].Key)
            {
                foreach (var (_, row) in rows)
                {
                    var element = JsonSerializer.SerializeToElement(row, json);
                    if (format == "json")
                        await writer.WriteAsync((first ? "\n" : ",\n") + element.GetRawText());
                    else
                        await writer.WriteAsync((first ? Line(element.EnumerateObject().Select(p => p.Name)) : "") + Line(element.EnumerateObject().Select(p => Cell(p.Value))));
                    first = false;
                }
                await writer.FlushAsync(http.RequestAborted);
                if (rows.Count < PageSize)
                    break;
            }
            await writer.WriteAsync(format == "json" ? "\n]\n" : "");
        }, format == "json" ? "application/json" : "text/csv; charset=utf-8");
    }

    private static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Quoted)) + "\r\n";

    private static string Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => Harmless(value.GetString()!),
        _ => value.GetRawText(),
    };

    /// <summary>A spreadsheet would take such text for a formula; names of tables may be anything.</summary>
    private static string Harmless(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? "'" + text : text;

    private static string Quoted(string cell) => cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : string.Create(CultureInfo.InvariantCulture, $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
}
