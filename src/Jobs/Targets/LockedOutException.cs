using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Targets;

/// <summary>The server answers, and a session with the database cannot begin: its catalogue is damaged.</summary>
public sealed class LockedOutException(string what, string hint, Exception inner) : HealingException(what, hint, inner);
