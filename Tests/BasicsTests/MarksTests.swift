import Basics
import Testing

@Suite struct MarksTests {
    @Test func everyMarkHasItsPlaceAndASentence() {
        for (place, mark) in Mark.allCases.enumerated() {
            #expect(mark.ordinal == place, "\(mark)")
            #expect(mark.rawValue.last == "." && mark.rawValue.first?.isUppercase == true, "\(mark)")
        }
        #expect(Mark.allCases.count >= 150)
    }

    @Test func setsHoldWhatWasInserted() {
        for mark in Mark.allCases.prefix(256) {
            var set = MarkSet()
            #expect(set.isEmpty)
            set.insert(mark)
            #expect(Mark.allCases.filter { set.contains($0) } == [mark])
            var both = MarkSet()
            both.insert(.cookieDemanded)
            both.formUnion(set)
            #expect(both.contains(mark) && both.contains(.cookieDemanded))
        }
    }

    @Test func whatIsCountedAddsUp() {
        var marks = Marks.counting
        marks.count(.cookieDemanded)
        marks.count(.cookieDemanded)
        var set = MarkSet()
        set.insert(.cookieDemanded)
        set.insert(.failingRemoved)
        marks.drain(&set)
        #expect(set.isEmpty)
        #expect(marks[.cookieDemanded] == 3 && marks[.failingRemoved] == 1)
        var all = Marks.counting
        all.add(marks)
        all.add(marks)
        #expect(all[.cookieDemanded] == 6 && all.reached == [.cookieDemanded, .failingRemoved])
        #expect(all.missing.count == Mark.allCases.count - 2)
    }

    /// In production nobody counts: nothing is stored, and a set stays as it is.
    @Test func marksThatAreNotCountedStayEmpty() {
        var marks = Marks()
        marks.count(.cookieDemanded)
        var set = MarkSet()
        set.insert(.cookieDemanded)
        marks.drain(&set)
        #expect(!marks.isCounting && marks[.cookieDemanded] == 0 && marks.reached.isEmpty)
        #expect(set.contains(.cookieDemanded))
    }
}

@Suite struct BuggifyTests {
    @Test func nothingFiresUnlessItIsOn() {
        let only = Buggify([.shorterPage], seed: 1)
        #expect(only.on == [.shorterPage] && Buggify().on.isEmpty)
        for step in 0..<10_000 {
            let now = Instant.origin + .microseconds(step * 100)
            for point in Buggify.Point.allCases {
                #expect(!Buggify().fires(point, at: now))
                #expect(point == .shorterPage || !only.fires(point, at: now))
            }
        }
    }

    /// Whether a point fires follows from the seed, the point and the time alone.
    @Test(arguments: Buggify.Point.allCases) func firesRarelyAndTheSameAgain(point: Buggify.Point) {
        func times(_ seed: UInt64) -> [Int] {
            let buggify = Buggify(Buggify.Point.allCases, seed: seed)
            return (0..<64_000).filter { buggify.fires(point, at: .origin + .microseconds($0 * 100)) }
        }
        let found = times(7)
        let mean = 64_000 / Int(point.rarity)
        #expect((mean * 3 / 4...mean * 5 / 4).contains(found.count), "\(found.count)")
        #expect(found == times(7) && found != times(8))
    }
}
