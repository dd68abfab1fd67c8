using System.Net;
using System.Net.Sockets;

namespace HealingWorkers.Dashboard.Access;

/// <summary>Guessing is slow: few failures for a user from an address, some more for an address, and more for a user from wherever they come.</summary>
internal sealed class LoginLimits(TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private readonly FailureCounts _pair = new(1 << 16, 5, Window, clock);
    private readonly FailureCounts _address = new(1 << 16, 20, Window, clock);
    private readonly FailureCounts _user = new(1 << 12, 50, Window, clock);

    public TimeSpan? Wait(IPAddress? address, string user)
    {
        var waits = new[] { _pair.Wait(Pair(address, user)), _address.Wait(Of(address)), _user.Wait(user) };
        return waits.Max();
    }

    /// <summary>True when this failure is the last that is allowed for now.</summary>
    public bool Failed(IPAddress? address, string user) => _pair.Add(Pair(address, user)) | _address.Add(Of(address)) | _user.Add(user);

    public void Succeeded(IPAddress? address, string user) => _pair.Forget(Pair(address, user));

    private static string Pair(IPAddress? address, string user) => $"{Of(address)} {user}";

    /// <summary>Whoever has one IPv6 address has a whole /64 of them.</summary>
    private static string Of(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };
}
