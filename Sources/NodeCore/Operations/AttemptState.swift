import Basics
import Exchange
import Wire

/// How far one buddy has come with a request.
enum AttemptState: Equatable {
    /// Still at it.
    case busy
    /// It did it, durably where that matters.
    case done
    /// It refused.
    case refused(RefusalReason)
    /// It did not answer.
    case failed
}

extension Sequence<AttemptState> {
    /// How many did it, of how many, and the most frequent refusal.
    var tally: Tally {
        var tally = Tally()
        var counts = [Int](repeating: 0, count: 256)
        for state in self {
            tally.found += 1
            switch state {
            case .done: tally.done += 1
            case .refused(let reason):
                counts[Int(reason.rawValue)] += 1
                let best = tally.refusal.map { counts[Int($0.rawValue)] } ?? 0
                if counts[Int(reason.rawValue)] > best { tally.refusal = reason }
            case .busy, .failed: break
            }
        }
        return tally
    }
}
