import Basics

/// What holds for all hosts alike while time passes: it changes only while no shard runs.
struct Conditions {
    let seed: UInt64
    /// How datagrams travel.
    var path: Link
    /// Civil time at the start: a moment in the middle of an epoch.
    var startOfTime = UnixTime(seconds: 1_790_000_000)
    var directory = Directory()
    /// Datagrams between hosts of different sides are lost while this is set.
    var partition: (@Sendable (HostID, HostID) -> Bool)?
    /// What happens on the way to datagrams of all hosts; nil: nothing.
    var interference: Interference?
    /// Datagrams over these address families are lost.
    var brokenFamilies: AddressFamilies = []
    /// Sees every datagram that is sent.
    var tap: ((_ from: HostID, _ to: HostID?, _ bytes: UnsafeRawBufferPointer) -> Void)?

    /// How long a window of time is where links are faster, or take no time at all: in nanoseconds.
    static let shortestWindow: Int64 = 1_000_000

    /// The true time.
    func now(at time: Instant) -> Now {
        Now(monotonic: time, utc: startOfTime.advanced(bySeconds: time.sinceOrigin.components.seconds))
    }
}
