namespace HealingWorkers.Jobs.Errors;

/// <summary>The SQLSTATEs that the code decides by.</summary>
public static class SqlState
{
    public const string FeatureNotSupported = "0A000";
    public const string InsufficientPrivilege = "42501";
    public const string UndefinedFunction = "42883";
    public const string UndefinedColumn = "42703";
    public const string UndefinedTable = "42P01";
    public const string UndefinedObject = "42704";
    public const string ForeignKeyViolation = "23503";
    public const string CheckViolation = "23514";
    public const string UniqueViolation = "23505";
    public const string IdleInTransaction = "25P03";
    public const string LockNotAvailable = "55P03";
    public const string QueryCanceled = "57014";
    public const string AdminShutdown = "57P01";
    public const string CrashShutdown = "57P02";
    public const string CannotConnectNow = "57P03";
    public const string DataCorrupted = "XX001";
    public const string IndexCorrupted = "XX002";
    public const string UndefinedFile = "58P01";
    public const string IoError = "58030";
    public const string DiskFull = "53100";
    public const string DeadlockDetected = "40P01";
    public const string InvalidPassword = "28P01";
    public const string InvalidAuthorization = "28000";
    public const string InvalidCatalogName = "3D000";
    public const string InvalidSchemaName = "3F000";
    public const string TooManyConnections = "53300";
    public const string ObjectNotInPrerequisiteState = "55000";
    public const string InternalError = "XX000";
    public const string ReadOnlySqlTransaction = "25006";
}
