using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HealingWorkers.Dashboard.Access;

/// <summary>PBKDF2 with SHA-512, its parameters beside it: <c>pbkdf2-sha512$210000$SALT$HASH</c>.</summary>
public static class PasswordHash
{
    public const int ShortestPassword = 12;
    public const int LongestPassword = 256;
    private const string Scheme = "pbkdf2-sha512";
    private const int Rounds = 210_000;
    private const int FewestRounds = 10_000;
    private const int MostRounds = 10_000_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 64;

    /// <summary>What nobody's password is; checked for names that do not exist, so that these take as long.</summary>
    public static readonly string OfNobody = Make(Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));

    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = Rfc2898DeriveBytes.Pbkdf2(Bytes(password), salt, Rounds, HashAlgorithmName.SHA512, HashBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}${Rounds}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    }

    public static bool IsOne(string text) => Read(text) is not null;

    public static bool Fits(string password, string text)
    {
        if (password.Length > LongestPassword || Read(text) is not var (rounds, salt, hash))
            return false;
        return CryptographicOperations.FixedTimeEquals(hash, Rfc2898DeriveBytes.Pbkdf2(Bytes(password), salt, rounds, HashAlgorithmName.SHA512, hash.Length));
    }

    private static (int Rounds, byte[] Salt, byte[] Hash)? Read(string text)
    {
        var parts = text.Split('$');
        if (parts.Length != 4 || parts[0] != Scheme || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) || rounds is < FewestRounds or > MostRounds)
            return null;
        var (salt, hash) = (Base64(parts[2]), Base64(parts[3]));
        return salt.Length >= SaltBytes && hash.Length == HashBytes ? (rounds, salt, hash) : null;
    }

    private static byte[] Base64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var count) ? bytes[..count] : [];
    }

    /// <summary>The same word typed on another keyboard is the same password.</summary>
    private static byte[] Bytes(string password) => Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormC));
}
