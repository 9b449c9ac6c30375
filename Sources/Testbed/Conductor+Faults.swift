import Basics
import Simulation

/// What goes wrong, and how it ends.
extension Conductor {
    /// The effects of a strike that are not over.
    enum Struck {
        case crashed(places: [Int], keepsDisk: Bool)
        case cutOff(people: [Person])
    }

    /// Those that are up.
    var placesUp: [Int] { upSince.indices.filter { upSince[$0] != nil } }

    func strike(_ number: Int, _ kind: Fault.Kind) async {
        let up = placesUp
        // At least one node must remain to join through.
        let some = faults.pick(min(Int(Double(up.count) * kind.share), max(0, up.count - 1)), of: up)
        switch kind {
        case .stop:
            for place in some { upSince[place] = nil }
            await kill(some)
        case .crash(_, _, let keepsDisk):
            for place in some { upSince[place] = nil }
            struck[number] = .crashed(places: some, keepsDisk: keepsDisk)
            await kill(some)
        case .partition(let share, _):
            let everybody = up.count + people.count
            let chosen = faults.pick(Int(Double(everybody) * share), of: Array(0..<everybody))
            let apart = chosen.filter { $0 < up.count }.map { up[$0] }
            let others = chosen.filter { $0 >= up.count }.map { people[$0 - up.count] }
            let how = await fleet.cutOff(apart, people: others)
            notes.record("partition", by: how)
            guard how != nil else { return }
            struck[number] = .cutOff(people: others)
        default: return
        }
        chronicle.incident(kind.description, lasting: kind.lasting ?? .zero)
    }

    private func kill(_ places: [Int]) async {
        await withDiscardingTaskGroup { group in
            for place in places { group.addTask { await self.fleet.kill(place) } }
        }
    }

    func mend(_ number: Int) async {
        switch struck.removeValue(forKey: number) {
        case nil: return
        case .crashed(let places, let keepsDisk):
            if !keepsDisk { nodesEver += places.count }
            await withDiscardingTaskGroup { group in
                for place in places {
                    group.addTask { await self.revive(place, keepingDisk: keepsDisk) }
                }
            }
        case .cutOff(let people):
            await fleet.reconnect(people: people)
            // Of two partitions at a time the first to end ends both, as in the simulator.
            for (number, other) in struck {
                if case .cutOff = other { struck[number] = nil }
            }
        }
    }

    private func revive(_ place: Int, keepingDisk: Bool) async {
        do throws(TestbedError) {
            try await fleet.revive(place, keepingDisk: keepingDisk, bootstrap: acquaintances())
            upSince[place] = chronicle.now
        } catch {
            chronicle.add(Violation("A node that had crashed could not start again.", trace: [error.sentence]))
        }
    }

    /// A node leaves for good, and another comes in its place.
    func replace(_ place: Int) async {
        // A node that is down already is not replaced: it is stopped, or will be back.
        guard upSince.indices.contains(place), upSince[place] != nil else { return }
        upSince[place] = nil
        nodesEver += 1
        do throws(TestbedError) {
            try await fleet.replace(place, bootstrap: acquaintances())
            upSince[place] = chronicle.now
        } catch {
            chronicle.add(Violation("A new node could not start.", trace: [error.sentence]))
        }
    }
}
