import SimulationReport
import Testing

struct DurationTextTests {
    @Test(arguments: [
        ("90s", Duration.seconds(90)), ("20ms", .milliseconds(20)), ("15min", .seconds(900)), ("15m", .seconds(900)),
        ("1h", .seconds(3_600)), ("2d", .seconds(172_800)), ("1.5h", .seconds(5_400)), ("0.25s", .milliseconds(250)),
        ("1h30min", .seconds(5_400)), ("7us", .microseconds(7)), ("7µs", .microseconds(7)), ("0s", .zero),
        ("0.1ms", .microseconds(100)), ("1w", .seconds(604_800)), ("1w2d", .seconds(777_600)),
    ])
    func readsWhatPeopleWrite(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "s", "1", "-1s", "+1s", "1 s", "1x", "1.s", ".5s", "1e3s", "1h-", "99999999999999999999s", "3661d",
        "100000h", "١s", "1hs",
    ])
    func refusesTheRest(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func readsWhatItWrites() {
        for seconds: Int64 in [0, 1, 59, 60, 90, 3_599, 3_600, 5_400, 86_400, 90_000, 180 * 86_400] {
            for nanoseconds: Int64 in [0, 1, 999, 1_000, 5_000_000, 250_000_000] {
                let duration = Duration.seconds(seconds) + .nanoseconds(nanoseconds)
                #expect(DurationText.parse(DurationText.text(duration)) == duration)
            }
        }
        #expect(DurationText.text(.seconds(5_400)) == "90min")
        #expect(DurationText.text(.seconds(604_800)) == "7d")
    }

    @Test func readsFaults() {
        #expect(FaultText.parse("0.5@1h") == .init(share: 0.5, at: .seconds(3_600), lasting: nil))
        #expect(FaultText.parse("1@0s+2min") == .init(share: 1, at: .zero, lasting: .seconds(120)))
        for text in ["", "0.5", "@1h", "0.5@", "2@1h", "-0.1@1h", "nan@1h", "0.5@1h+", "0.5@1h+1h+1h", "0.5@1h@1h"] {
            #expect(FaultText.parse(text) == nil, "\(text)")
        }
    }
}
