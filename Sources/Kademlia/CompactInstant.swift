import Basics

/// An `Instant` to a tenth of a second in four bytes: a table holds three for each contact, and a simulation thousands
/// of tables.
///
/// It counts from the clock's origin and saturates at both ends, 13.6 years apart.
package struct CompactInstant: Hashable, Comparable, BitwiseCopyable {
    private let tenths: UInt32

    private init(tenths: UInt32) { self.tenths = tenths }

    /// Rounds down: never later than `instant`.
    package init(_ instant: Instant) { tenths = CompactInstant.tenths(in: instant.sinceOrigin) }

    /// Before all others: "never".
    package static let past = CompactInstant(tenths: 0)
    /// After all others: "not planned".
    package static let future = CompactInstant(tenths: .max)

    package var instant: Instant { .origin + .milliseconds(Int64(tenths) * 100) }

    package static func < (left: CompactInstant, right: CompactInstant) -> Bool { left.tenths < right.tenths }

    package static func + (instant: CompactInstant, duration: Duration) -> CompactInstant {
        let (sum, overflow) = instant.tenths.addingReportingOverflow(tenths(in: duration))
        return overflow ? .future : CompactInstant(tenths: sum)
    }

    private static func tenths(in duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < Int64(UInt32.max / 10) else { return .max }
        return UInt32(seconds) * 10 + UInt32(attoseconds / 100_000_000_000_000_000)
    }
}
