using NUnit.Framework;
using NUnit.Framework.Interfaces;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>Tests that share one fleet, each with a patient of its own; a failed one tells what the ledger and the workers said.</summary>
public abstract class FleetFixture
{
    private WorkerFleet? _fleet;

    protected WorkerFleet Fleet => _fleet ?? throw new InvalidOperationException("No fleet yet.");

    /// <summary>The patient of the test that runs.</summary>
    protected Patient Patient { get; private set; } = null!;

    protected abstract IReadOnlyList<string> Patients { get; }

    /// <summary>Those of them whose role may look and not repair.</summary>
    protected virtual IReadOnlyList<string> Watched => [];

    /// <summary>Null where somebody is to take over within the test.</summary>
    protected virtual TimeSpan? Lease => null;

    [OneTimeSetUp]
    public async Task StartAsync() => _fleet = await WorkerFleet.StartAsync(Patients, Watched, Lease);

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_fleet is not null)
        {
            await _fleet.DisposeAsync();
        }
    }

    [SetUp]
    public async Task FillUpAsync()
    {
        Fleet.Spare();
        await Fleet.FillUpAsync();
    }

    [TearDown]
    public async Task TellAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed && Patient is not null)
        {
            await Fleet.TellAsync(Patient.Name);
        }
        Fleet.Spare();
        await Fleet.KillFrozenAsync();
    }

    protected async Task<Patient> AdmitAsync(string name)
    {
        Patient = Fleet.PatientNamed(name);
        await Patient.AssertDamagedAsync();
        return Patient;
    }

    /// <summary>The check that finds it, asked for as a person would.</summary>
    protected Task LookAsync() => Fleet.TriggerAsync("db.index_check", Patient.Name, Patient.Table);
}
