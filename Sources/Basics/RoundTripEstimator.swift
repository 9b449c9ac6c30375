/// How long to wait for an answer, learned from earlier answers (RFC 6298), in eight bytes.
package struct RoundTripEstimator: Hashable, BitwiseCopyable {
    /// SRTT in microseconds; 0 before the first sample.
    private var smoothed: UInt32 = 0
    /// RTTVAR in microseconds.
    private var deviation: UInt32 = 0

    package init() {}

    /// SRTT, or nil before the first sample.
    package var roundTrip: Duration? { smoothed == 0 ? nil : .microseconds(Int64(smoothed)) }

    /// RTTVAR.
    package var variation: Duration { .microseconds(Int64(deviation)) }

    /// Takes a sample. A round trip that may belong to an earlier transmission of the same request is no sample (Karn's
    /// algorithm).
    package mutating func observe(_ roundTrip: Duration) {
        let sample = RoundTripEstimator.microseconds(roundTrip)
        if smoothed == 0 {
            smoothed = sample
            deviation = sample / 2
            return
        }
        let error = sample > smoothed ? sample - smoothed : smoothed - sample
        deviation = UInt32((UInt64(deviation) * 3 + UInt64(error)) / 4)
        smoothed = max(1, UInt32((UInt64(smoothed) * 7 + UInt64(sample)) / 8))
    }

    /// The retransmission timeout, doubled for each failure since the last answer (§5.5), within the program's bounds.
    package func timeout(failures: Int) -> Duration {
        guard smoothed != 0 || failures > 0 else { return Limits.timeoutInitial }
        let microseconds =
            smoothed == 0 ? .initial : Int64(smoothed) + max(4 * Int64(deviation), .granularity)
        let bounded = min(max(microseconds, .minimum), .maximum) << Int64(min(max(failures, 0), 8))
        guard bounded < .maximum else { return Limits.timeoutMaximum }
        return Duration(
            secondsComponent: bounded / 1_000_000, attosecondsComponent: bounded % 1_000_000 * 1_000_000_000_000)
    }

    /// 1 µs to 71 minutes: a clock that stood still, or a sample that makes no sense, does no harm.
    fileprivate static func microseconds(_ duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 1 }
        guard seconds < 4_000 else { return 4_000_000_000 }
        return max(1, UInt32(seconds) * 1_000_000 + UInt32(attoseconds / 1_000_000_000_000))
    }
}

/// The program's bounds in microseconds: arithmetic on `Duration` is slow, and a lookup asks for many time-outs.
extension Int64 {
    fileprivate static let initial = Int64(RoundTripEstimator.microseconds(Limits.timeoutInitial))
    fileprivate static let granularity = Int64(RoundTripEstimator.microseconds(Limits.timeoutGranularity))
    fileprivate static let minimum = Int64(RoundTripEstimator.microseconds(Limits.timeoutMinimum))
    fileprivate static let maximum = Int64(RoundTripEstimator.microseconds(Limits.timeoutMaximum))
}
