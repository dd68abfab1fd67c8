using HealingWorkers.Drill;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>
/// A transaction that has written to a table, which a concurrent rebuild must wait for. Until one is under way it is begun again now and then:
/// a repair waits for none that is old, and a machine that has little time may take long to come to it.
/// </summary>
internal sealed class HeldUp : IAsyncDisposable
{
    private static readonly TimeSpan Young = TimeSpan.FromSeconds(15);
    private readonly Patient _patient;
    private readonly string _table;
    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenSource _end = new();
    private Task _renewing = Task.CompletedTask;

    private HeldUp(Patient patient, string table, NpgsqlConnection connection) => (_patient, _table, _connection) = (patient, table, connection);

    public static async Task<HeldUp> StartAsync(Patient patient, string table)
    {
        var held = new HeldUp(patient, table, await patient.Cluster.OpenAsync(patient.Name));
        await held.BeginAsync();
        held._renewing = held.RenewAsync();
        return held;
    }

    public async Task CloseAsync()
    {
        await _end.CancelAsync();
        await _renewing;
        await _connection.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _connection.DisposeAsync();
        _end.Dispose();
    }

    private async Task RenewAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Young, TimeProvider.System, _end.Token);
                if ((await _patient.RebuildersAsync()).Count == 0)
                {
                    await BeginAsync();
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
        {
            // closed, or its server is away: then it holds up nobody
        }
    }

    private async Task BeginAsync()
    {
        await using var command = new NpgsqlCommand($"ROLLBACK; BEGIN; LOCK TABLE {_table} IN ROW EXCLUSIVE MODE", _connection);
        await command.ExecuteNonQueryAsync();
    }
}
