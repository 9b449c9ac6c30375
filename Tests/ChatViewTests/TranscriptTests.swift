import Basics
import ChatView
import ControlAPI
import Foundation
import StatusView
import Testing

/// A window of a conversation, and what of it is on the screen.
@Suite struct TranscriptTests {
    private func daemon(_ count: Int) -> FakeDaemon {
        var daemon = FakeDaemon()
        for number in 0..<count {
            let text = String(repeating: "word\(number) ", count: number % 7 + 1) + (number % 11 == 0 ? "\n\nend" : "")
            daemon.add(
                text, Samples.bob, received: number % 3 == 0,
                at: Samples.noon.addingTimeInterval(Double(number) * 20_000))
        }
        return daemon
    }

    private func request(_ part: MessageWindow.Part, _ limit: Int = 50) -> ChatRequest.PageRequest {
        var request = ChatRequest.PageRequest(peer: Samples.bob, limit: limit)
        if case .before(let position) = part { request.before = position }
        if case .after(let position) = part { request.after = position }
        return request
    }

    /// Whatever is written, comes late and is deleted: after a page, what the window has of that part is the conversation.
    @Test(arguments: 0..<40) func pagesBecomeOneWindow(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var daemon = daemon(Int.random(in: 0...300, using: &random))
        var window = MessageWindow()
        window.merge(daemon.page(request(.newest)), as: .newest, keeping: nil)
        for step in 0..<60 {
            let all = daemon.conversations[Samples.bob] ?? []
            switch Int.random(in: 0..<6, using: &random) {
            case 0: daemon.add("new", Samples.bob, received: true)
            case 1: daemon.add("late", Samples.bob, received: true, beforeLast: Int.random(in: 0...30, using: &random))
            case 2:
                if !all.isEmpty {
                    daemon.remove(all.count - 1 - Int.random(in: 0..<min(20, all.count), using: &random), Samples.bob)
                }
            case 3:
                if let first = window.messages.first, window.hasEarlier, all.contains(first) {
                    window.merge(
                        daemon.page(request(.before(first.position), 30)), as: .before(first.position), keeping: nil)
                }
            case 4:
                if let middle = window.messages.dropFirst(window.messages.count / 2).first, all.contains(middle) {
                    let page = daemon.page(request(.after(middle.position), 200))
                    window.merge(page, as: .after(middle.position), keeping: nil)
                }
            default: break
            }
            let page = daemon.page(request(.newest))
            window.merge(page, as: .newest, keeping: nil)
            let now = daemon.conversations[Samples.bob] ?? []
            // The end is there, as it is, and nothing twice; what was deleted further up goes when it is loaded again.
            #expect(Array(window.messages.suffix(page.messages.count)) == page.messages, "seed \(seed), step \(step)")
            #expect(Set(window.messages.map(\.position)).count == window.messages.count)
            let places = window.messages.compactMap { now.firstIndex(of: $0) }
            #expect(places == places.sorted() && !window.hasLater)
        }
    }

    @Test func aWindowIsBounded() {
        let daemon = daemon(3_000)
        var window = MessageWindow()
        window.merge(daemon.page(request(.newest)), as: .newest, keeping: nil)
        // Who goes up lets go of the end, and comes back to it.
        for _ in 0..<40 {
            guard let first = window.messages.first else { return }
            window.merge(
                daemon.page(request(.before(first.position))), as: .before(first.position), keeping: first.position)
            #expect(window.messages.count <= MessageWindow.maximumMessages)
        }
        #expect(window.hasLater && window.hasEarlier)
        let all = daemon.conversations[Samples.bob] ?? []
        while let last = window.messages.last, window.hasLater {
            window.merge(daemon.page(request(.after(last.position))), as: .after(last.position), keeping: last.position)
            #expect(window.messages.count <= MessageWindow.maximumMessages)
            let start = all.firstIndex(of: window.messages[0]) ?? 0
            #expect(Array(all[start..<start + window.messages.count]) == window.messages)
        }
        #expect(window.messages.last == all.last)
        // Of long texts there are fewer.
        var long = FakeDaemon()
        for _ in 0..<900 { long.add(String(repeating: "x", count: 30_000), Samples.bob, received: true) }
        window = MessageWindow()
        window.merge(long.page(request(.newest)), as: .newest, keeping: nil)
        for _ in 0..<14 {
            guard let first = window.messages.first else { return }
            window.merge(
                long.page(request(.before(first.position))), as: .before(first.position), keeping: first.position)
        }
        #expect(window.messages.count <= 2 * ConversationQuery.maximumLimit)
    }

    /// The screen is a part of the whole, however one scrolls; and what comes meanwhile moves nothing.
    @Test(arguments: [(80, 20), (34, 7), (51, 1)]) func scrollingMovesByLines(columns: Int, rows: Int) {
        var random = SeededGenerator(seed: UInt64(columns))
        var daemon = daemon(60)
        func transcript() -> Transcript { Transcript(peer: Samples.bob, name: "bob", moment: Samples.utc) }
        var whole = transcript()
        whole.merge(daemon.page(request(.newest, 100)), as: .newest)
        whole.layOut(columns: columns, rows: 1_000)
        let all = Array(whole.lines.drop { $0.width == 0 })
        var seen = transcript()
        seen.merge(daemon.page(request(.newest, 100)), as: .newest)
        var bottom = all.count
        for _ in 0..<300 {
            let step = Int.random(in: -rows * 2...rows * 2, using: &random)
            seen.scroll(step, columns: columns, rows: rows)
            bottom = min(max(bottom + step, min(rows, all.count)), all.count)
            seen.layOut(columns: columns, rows: rows)
            #expect(seen.lines == Array(all[(bottom - rows)..<bottom]))
            #expect(seen.isAtEnd == (bottom == all.count))
        }
        seen.scroll(-30, columns: columns, rows: rows)
        seen.layOut(columns: columns, rows: rows)
        let before = seen.lines
        daemon.add("Something new", Samples.bob, received: true, at: Samples.noon.addingTimeInterval(60 * 20_000))
        seen.merge(daemon.page(request(.newest, 100)), as: .newest)
        seen.layOut(columns: columns, rows: rows)
        #expect(seen.lines == before && !seen.isAtEnd)
        seen.jumpToEnd()
        seen.layOut(columns: columns, rows: rows)
        #expect(seen.lines.last?.text().contains("Something new") == true)
    }

    @Test func wrappingKeepsAllThereIs() {
        var random = SeededGenerator(seed: 3)
        let pieces = ["a", "bc", " ", "  ", "\n", "家", "👩\u{200d}👧", "e\u{301}", "longerword", "\t", "🇩🇪", "-"]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                pieces[Int.random(in: pieces.indices, using: &random)]
            }.joined()
            let columns = Int.random(in: 4...30, using: &random)
            let rows = Wrapping(text, columns: columns).rows
            #expect(rows.allSatisfy { $0.width <= columns && Cells.width($0.text) == $0.width })
            #expect(rows.reduce(0) { $0 + $1.count } == text.count)
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.start + $0.count == $1.start })
            let shown = rows.map(\.text).joined().filter { !$0.isWhitespace }
            #expect(shown == text.filter { !$0.isWhitespace })
        }
        #expect(Wrapping("one two three", columns: 7).rows.map(\.text) == ["one two", "three"])
        #expect(Wrapping("abcdefghij", columns: 4).rows.map(\.text) == ["abcd", "efgh", "ij"])
        #expect(Wrapping("", columns: 9).rows.count == 1 && Wrapping("a\n", columns: 9).rows.count == 2)
    }
}
