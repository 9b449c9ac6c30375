import Basics
import NodeCore
import PeerCore
import Station

/// What a network finds out about the code that runs in it.
extension VirtualNetwork {
    /// From now on counts which rare branches the cores of all hosts reach.
    public mutating func countMarks() {
        for box in shards { (box.shard.effects.node.marks, box.shard.effects.person.marks) = (.counting, .counting) }
    }

    /// How often each was reached; counts nothing unless `countMarks` was called.
    public var marks: Marks {
        var marks = shards[0].shard.effects.node.marks
        for box in shards.dropFirst() { marks.add(box.shard.effects.node.marks) }
        for box in shards { marks.add(box.shard.effects.person.marks) }
        return marks
    }

    /// From now on the cores of all hosts take these rare paths now and then.
    public mutating func buggify(_ buggify: Buggify) {
        for box in shards {
            (box.shard.effects.node.buggify, box.shard.effects.person.buggify) = (buggify, buggify)
        }
    }
}

extension Simulator {
    /// From now on counts which rare branches the cores reach; the summary says how often.
    public mutating func countMarks() { network.countMarks() }

    /// From now on the cores take these rare paths, and no others. For tests: a scenario says whether they do.
    package mutating func buggify(_ buggify: Buggify) { network.buggify(buggify) }

    /// The rare paths that a scenario switches on: half of all there are, as the seed has it.
    static func buggify(_ scenario: Scenario) -> Buggify {
        guard scenario.buggifies else { return Buggify() }
        var chance = Chance(seed: scenario.seed, .buggify)
        return Buggify(Buggify.Point.allCases.filter { _ in chance.happens(0.5) }, seed: chance.next())
    }
}
