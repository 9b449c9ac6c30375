import Basics

extension UnixTime {
    /// The days that the last day of an envelope may be that is of this time: clocks may differ by some.
    var envelopeDays: ClosedRange<Day> {
        day.advanced(by: -2)...day.advanced(by: Limits.envelopeDaysAccepted)
    }
}
