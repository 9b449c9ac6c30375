import Basics

extension UnixTime {
    /// The last days that a valid envelope may name at this time: a few more than its lifetime, as clocks differ.
    var envelopeDays: ClosedRange<Day> {
        day.advanced(by: -2)...day.advanced(by: Limits.envelopeDaysAccepted)
    }
}
