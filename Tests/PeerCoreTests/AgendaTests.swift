import Basics
import PeerCore
import Testing

@Suite struct AgendaTests {
    /// Against the slow model: a list sorted by time and then by when the time was set.
    @Test func itAgreesWithASortedList() {
        let seed: UInt64 = 0x5eed_0003
        var generator = SeededGenerator(seed: seed)
        var agenda = Agenda()
        var model: [(at: Int, order: Int, item: AgendaItem)] = []
        for order in 0..<20_000 {
            let item = AgendaItem.attempt(MessageID(UInt128(generator.next() % 300)))
            switch generator.next() % 8 {
            case 0:
                agenda.remove(item)
                model.removeAll { $0.item == item }
            case 1, 2:
                let now = Int(generator.next() % 1_000)
                let due = model.filter { $0.at <= now }.min { ($0.at, $0.order) < ($1.at, $1.order) }?.item
                #expect(agenda.popDue(.origin + .seconds(now)) == due, "seed \(seed)")
                model.removeAll { $0.item == due }
            default:
                let at = Int(generator.next() % 1_000)
                agenda.set(item, at: .origin + .seconds(at))
                model.removeAll { $0.item == item }
                model.append((at, order, item))
            }
            #expect(agenda.contains(item) == model.contains { $0.item == item }, "seed \(seed)")
            #expect(agenda.next?.at == model.map { .origin + .seconds($0.at) }.min(), "seed \(seed)")
        }
    }
}
