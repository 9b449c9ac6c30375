import Basics
import Wire

/// The civil time by which a node and its person erase. It is behind the civil clock by all that the clock gained at
/// once and has not yet confirmed by running on.
///
/// What others say is no proof: a whole network may share a wrong clock, such as that of one server of time, of one
/// image or of one host, and then agrees on throwing everything out. Only going on steadily makes a gain credible. So a
/// gain of more than a day doesn't count for erasing until the clock has run on beside the monotonic one, with others
/// agreeing, for two days of uptime. Whether it was gained in one jump, while the machine slept, or while the program
/// did not run makes no difference, as none of these can tell a clock that was set wrong. A clock that is set back
/// takes back what it gained last.
///
/// ```
///   civil clock   ──────────╱‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾      gains 20 days
///   erasure       ──────────────────────────╱‾‾‾‾‾‾      two days of uptime later
/// ```
package struct ErasureClock: Sendable {
    /// What the civil clock gained at once, and how much longer it has to run on until that is believed.
    private struct Gain: Equatable {
        var seconds: Int64
        var remaining: Duration
    }

    /// Gains remembered; beyond, the oldest two become one.
    private static let memory = 16

    /// Oldest first.
    private var gains: [Gain] = []
    private var last: Now

    /// Begins where nothing is known of the time before: there is nothing to be erased then.
    package init(now: Now) { last = now }

    /// Begins with what was written down before; nil where that can't be read.
    package init?(_ bytes: RawSpan, now: Now) {
        var reader = ByteReader(bytes)
        guard let seen = try? reader.u64(bytes) else { return nil }
        last = Now(monotonic: now.monotonic, utc: UnixTime(seconds: Int64(clamping: seen)))
        while gains.count < ErasureClock.memory, let seconds = try? reader.u64(bytes),
            let remaining = try? reader.u32(bytes)
        {
            gains.append(
                Gain(
                    seconds: min(Int64(clamping: seconds), Limits.latestTime),
                    remaining: min(.seconds(remaining), Limits.erasureDelay)))
        }
        _ = look(now: now, isConfirmed: false)
    }

    /// What is to be written down now and then, and whenever `look` says that something has changed.
    package var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 8 + gains.count * 12)
        writer.u64(UInt64(clamping: last.utc.seconds))
        for gain in gains {
            writer.u64(UInt64(clamping: gain.seconds))
            // Rounded up: restarts must not make it shorter.
            writer.u32(UInt32(clamping: gain.remaining.components.seconds + 1))
        }
        return writer.bytes
    }

    /// How far erasing is behind the civil clock, in seconds.
    package var delaySeconds: Int64 { gains.reduce(0) { $0 + $1.seconds } }

    /// Looks at both clocks. To be called before anything is erased. `isConfirmed`: others agree with the civil clock.
    ///
    /// Returns whether `delaySeconds` has changed.
    package mutating func look(now: Now, isConfirmed: Bool) -> Bool {
        let before = delaySeconds
        let ran = now.monotonic - last.monotonic
        let gained = now.utc.advanced(bySeconds: -ran.components.seconds).seconds(since: last.utc)
        last = now
        if isConfirmed {
            for index in gains.indices { gains[index].remaining -= ran }
            gains.removeAll { $0.remaining <= .zero }
        }
        if gained > Limits.clockGainSeconds {
            add(min(gained, Limits.latestTime))
        } else if gained < -Int64(Limits.clockJumpSeconds) {
            takeBack(gained == .min ? .max : -gained)
        }
        return delaySeconds != before
    }

    private mutating func add(_ seconds: Int64) {
        if gains.count == ErasureClock.memory {
            let oldest = gains.removeFirst()
            gains[0].seconds = min(gains[0].seconds + oldest.seconds, Limits.latestTime)
            gains[0].remaining = max(gains[0].remaining, oldest.remaining)
        }
        gains.append(Gain(seconds: seconds, remaining: Limits.erasureDelay))
    }

    private mutating func takeBack(_ seconds: Int64) {
        var rest = seconds
        while rest > 0, let newest = gains.last {
            let taken = min(rest, newest.seconds)
            rest -= taken
            if taken == newest.seconds { gains.removeLast() } else { gains[gains.count - 1].seconds -= taken }
        }
    }
}
