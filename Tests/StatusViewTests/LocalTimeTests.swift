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
    @Test func whereClocksAreSetTheFirstTimeIsMeant() {
        func check(_ text: String, shown: String, from before: Int, to after: Int, at change: String) {
            func seconds(_ text: String) -> Int { Int(LocalTime.read(text)?.timeIntervalSince1970 ?? 0) }
            let found = LocalTime.seconds(whenShown: seconds(shown)) { $0 < seconds(change) ? before : after }
            #expect(found == seconds(text), "\(shown)")
        }
        // Berlin, in autumn and in spring.
        let (summer, winter) = (7_200, 3_600)
        for (shown, meant) in [
            ("01:59", "2026-10-24T23:59:00Z"), ("02:00", "2026-10-25T00:00:00Z"),
            ("02:30", "2026-10-25T00:30:00Z"), ("02:59", "2026-10-25T00:59:00Z"), ("03:00", "2026-10-25T02:00:00Z"),
        ] {
            check(meant, shown: "2026-10-25T\(shown)Z", from: summer, to: winter, at: "2026-10-25T01:00:00Z")
        }
        for (shown, meant) in [
            ("01:59", "2026-03-29T00:59:00Z"), ("02:30", "2026-03-29T00:30:00Z"),
            ("03:00", "2026-03-29T01:00:00Z"),
        ] {
            check(meant, shown: "2026-03-29T\(shown)Z", from: winter, to: summer, at: "2026-03-29T01:00:00Z")
        }
        // Half an hour (Lord Howe Island), and midnight (Cuba).
        check(
            "2026-04-04T14:45:00Z", shown: "2026-04-05T01:45:00Z", from: 39_600, to: 37_800, at: "2026-04-04T15:00:00Z")
        check(
            "2026-11-01T04:00:00Z", shown: "2026-11-01T00:00:00Z", from: -14_400, to: -18_000,
            at: "2026-11-01T05:00:00Z")
        check(
            "2026-03-08T04:00:00Z", shown: "2026-03-08T00:00:00Z", from: -18_000, to: -14_400,
            at: "2026-03-08T05:00:00Z")
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
