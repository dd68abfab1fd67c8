namespace HealingWorkers.Drill;

/// <summary>The signals the tests send; the numbers are those of Linux.</summary>
public enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
