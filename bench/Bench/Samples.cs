using System.Globalization;

namespace HealingWorkers.Bench;

/// <summary>Figures of one kind; quoted by their median, with the spread beside it.</summary>
internal sealed class Samples(IReadOnlyList<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;
    public double Median => Percentile(50);
    public double Least => _sorted[0];
    public double Most => _sorted[^1];

    public double Percentile(double percent)
    {
        var rank = percent / 100 * (_sorted.Length - 1);
        var below = (int)Math.Floor(rank);
        var above = (int)Math.Ceiling(rank);
        return _sorted[below] + (rank - below) * (_sorted[above] - _sorted[below]);
    }

    public string Row(string name, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{name,-44} {Least,10:0.000} {Median,10:0.000} {Most,10:0.000} {unit}");

    public static string Header(string title) =>
        string.Create(CultureInfo.InvariantCulture, $"{title,-44} {"min",10} {"median",10} {"max",10}");
}
