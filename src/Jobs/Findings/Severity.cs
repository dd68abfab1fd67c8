namespace HealingWorkers.Jobs.Findings;

public enum Severity { Info, Warning, Critical }
