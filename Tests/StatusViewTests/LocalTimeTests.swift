import Platform
import StatusView
import Testing

/// Times that people type, or paste from what was printed.
@Suite struct LocalTimeTests {
    /// 2026-11-28 09:30:15 UTC.
    private let moment = Date(timeIntervalSince1970: 1_795_858_215)

    @Test func whatIsPrintedIsRead() {
        for day in 0..<800 {
            let date = Date(timeIntervalSince1970: 1_700_000_000 + Double(day) * 93_784)
            #expect(LocalTime.read(LocalTime.text(date)) == date, "\(LocalTime.text(date))")
            #expect(LocalTime.read(date.formatted(.iso8601)) == date)
        }
    }

    @Test(arguments: [
        "2026-11-28T09:30:15Z", "2026-11-28 09:30:15 Z", "2026-11-28T09:30:15.999Z", "2026-11-28 10:30:15 +01:00",
        "2026-11-28T10:30:15+01:00", "2026-11-28T10:30:15+0100", "2026-11-27T22:00:15-11:30",
        "2026-11-29 00:30:15 +15:00",
    ])
    func anOffsetSaysWhichMomentItIs(text: String) { #expect(LocalTime.read(text) == moment) }

    @Test func secondsMayBeLeftOut() {
        let minute = moment.addingTimeInterval(-15)
        #expect(LocalTime.read("2026-11-28T09:30Z") == minute)
        #expect(LocalTime.read("2026-11-28 10:30 +01:00") == minute)
        let local = LocalTime.text(minute)
        #expect(LocalTime.read(String(local.prefix(16))) == minute, "\(local)")
        #expect(LocalTime.read(String(local.prefix(16)).replacing(" ", with: "T")) == minute)
        #expect(LocalTime.read(String(local.prefix(19))) == minute)
        #expect(LocalTime.read("2026-11-28") == LocalTime.midnight(year: 2026, month: 11, day: 28))
    }

    /// By a time of day the last time is meant that it was so.
    @Test func aTimeOfDayIsPast() {
        for offset in [0.0, 1, 59, 60, 3_600, 40_000, 86_399] {
            let date = moment.addingTimeInterval(-offset)
            #expect(LocalTime.read(LocalTime.timeOfDay(date), now: moment) == date, "\(offset)")
        }
        let tomorrow = LocalTime.timeOfDay(moment.addingTimeInterval(1))
        #expect(LocalTime.read(tomorrow, now: moment) == moment.addingTimeInterval(1 - 86_400))
    }

    /// An hour comes twice as clocks are set back, and one is skipped as they are set on: nothing since then is lost.
    @Test func whereClocksAreSetTheFirstTimeIsMeant() async {
        await #expect(processExitsWith: .success) {
            func read(_ text: String, zone: String, now: String = "2030-01-01T00:00:00Z") -> String? {
                setenv("TZ", zone, 1)
                guard let now = LocalTime.read(now) else { return nil }
                return LocalTime.read(text, now: now)?.formatted(.iso8601)
            }
            let berlin = "CET-1CEST,M3.5.0,M10.5.0/3"
            #expect(read("2026-10-25 01:59", zone: berlin) == "2026-10-24T23:59:00Z")
            #expect(read("2026-10-25 02:30", zone: berlin) == "2026-10-25T00:30:00Z")
            #expect(read("2026-10-25 02:30 +01:00", zone: berlin) == "2026-10-25T01:30:00Z")
            #expect(read("2026-10-25 03:00", zone: berlin) == "2026-10-25T02:00:00Z")
            // By a time of day as well, during the first of both hours and during the second.
            #expect(read("02:30", zone: berlin, now: "2026-10-25T01:10:00Z") == "2026-10-25T00:30:00Z")
            #expect(read("02:30", zone: berlin, now: "2026-10-25T00:10:00Z") == "2026-10-24T00:30:00Z")
            let skipped = read("2026-03-29 02:30", zone: berlin) ?? ""
            #expect(("2026-03-29T00:00:00Z"..."2026-03-29T01:00:00Z").contains(skipped), "\(skipped)")
            #expect(read("2026-03-29 03:00", zone: berlin) == "2026-03-29T01:00:00Z")
            // Half an hour (Lord Howe Island), and midnight (Cuba).
            let island = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
            #expect(read("2026-04-05 01:45", zone: island) == "2026-04-04T14:45:00Z")
            let cuba = "CST5CDT,M3.2.0/0,M11.1.0/1"
            #expect(read("2026-11-01", zone: cuba) == "2026-11-01T04:00:00Z")
            let midnight = read("2026-03-08", zone: cuba) ?? ""
            #expect(("2026-03-08T04:00:00Z"..."2026-03-08T05:00:00Z").contains(midnight), "\(midnight)")
        }
    }

    @Test func theLongPastIsReadAsWell() {
        #expect(LocalTime.read("1969-12-31T23:59:58Z") == Date(timeIntervalSince1970: -2))
        #expect(LocalTime.read("1969-12-31T23:59:59Z") == Date(timeIntervalSince1970: -1))
        #expect(LocalTime.read("0001-01-01T00:00:00Z") == Date(timeIntervalSince1970: -62_135_596_800))
        #expect(LocalTime.read("0001-01-01").map { $0 < moment } == true)
    }

    @Test(arguments: [
        "", " ", "now", "9:30", "09:3", "24:00", "09:60", "09:30:60", "09:30 Z", "2026", "2026-11", "2026-11-31",
        "2026-02-30 09:30", "2026-02-30T09:30:00Z", "2026-11-28T", "2026-11-28 ", "2026-11-28T9:30",
        "2026-11-28T24:00Z",
        "2026-11-28  09:30", "2026-11-28T09:30:00Zulu", "2026-11-28T09:30:00 +1:00", "2026-11-28T09:30:00+24:00",
        "2026-11-28T09:30:00+01:60", "2026-11-28T09:30:00.Z", "2026-11-28T09:30:00.1234567890Z", "-026-11-28",
        "2026-11-28T09:30:00+01", "２０２６-11-28", "2026-11-28\n", "5\u{301}",
    ])
    func theRestIsNone(text: String) { #expect(LocalTime.read(text) == nil) }
}
