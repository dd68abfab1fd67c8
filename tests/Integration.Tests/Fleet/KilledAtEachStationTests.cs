using HealingWorkers.Jobs.Healing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class KilledAtEachStationTests : KilledAtStations
{
    private static IEnumerable<FaultPoint> Stations => Share(0);

    [TestCaseSource(nameof(Stations))]
    public Task A_worker_dies_and_the_others_finish_its_work_once(FaultPoint point) => DieAsync(point);
}
