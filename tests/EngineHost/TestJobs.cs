using System.Runtime.InteropServices;
using HealingWorkers.Jobs.Schedule;
using Npgsql;

namespace HealingWorkers.EngineHost;

/// <summary>Writes down that it ran: key, process, execution. The table has no constraint, so that a run too many shows.</summary>
internal class CountJob(string connection) : IJob
{
    public virtual string Name => "test.count";

    public virtual async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        await WriteAsync(context, "ran", cancel);
        context.Log($"counted {context.Key}");
        return JobOutcome.With("counted");
    }

    protected async Task WriteAsync(JobContext context, string what, CancellationToken cancel)
    {
        await using var db = new NpgsqlConnection(connection);
        await db.OpenAsync(cancel);
        await using var insert = new NpgsqlCommand("INSERT INTO public.test_runs (key, run, what, pid, execution) VALUES ($1, $2, $3, $4, $5)", db);
        insert.Parameters.AddWithValue(context.Key);
        insert.Parameters.AddWithValue(context.Run);
        insert.Parameters.AddWithValue(what);
        insert.Parameters.AddWithValue(Environment.ProcessId);
        insert.Parameters.AddWithValue(context.Execution);
        await insert.ExecuteNonQueryAsync(cancel);
    }
}

/// <summary>Takes so long, and stops when asked.</summary>
internal sealed class SleepJob(string connection) : CountJob(connection)
{
    public override string Name => "test.sleep";

    public override async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        await WriteAsync(context, "began", cancel);
        await Task.Delay(TimeSpan.FromSeconds((double)context.Arguments["seconds"]!), TimeProvider.System, cancel);
        await WriteAsync(context, "ended", cancel);
        return JobOutcome.Done;
    }
}

/// <summary>Takes so long and does not listen: its end must be refused when it was taken over.</summary>
internal sealed class StubbornJob(string connection) : CountJob(connection)
{
    public override string Name => "test.stubborn";

    public override async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        await WriteAsync(context, "began", CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds((double)context.Arguments["seconds"]!), TimeProvider.System, CancellationToken.None);
        await WriteAsync(context, cancel.IsCancellationRequested ? "told to stop" : "ended", CancellationToken.None);
        return JobOutcome.With($"ended by execution {context.Execution}");
    }
}

/// <summary>Kills its process.</summary>
internal sealed class DieJob(string connection) : CountJob(connection)
{
    public override string Name => "test.die";

    public override async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        await WriteAsync(context, "dies", cancel);
        _ = Send(Environment.ProcessId, 9);
        await Task.Delay(TimeSpan.FromSeconds(60), TimeProvider.System, CancellationToken.None);
        return JobOutcome.Done;
    }

    [DllImport("libc", EntryPoint = "kill", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int process, int signal);
}
