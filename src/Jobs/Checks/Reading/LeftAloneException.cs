namespace HealingWorkers.Jobs.Checks;

/// <summary>A part of what was to be read is left alone, for what others found there.</summary>
internal sealed class LeftAloneException(string why) : Exception(why);
