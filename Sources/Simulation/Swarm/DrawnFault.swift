import Basics

/// The kinds of faults that are drawn. New ones are appended: the place of each decides its draws.
enum DrawnFault: CaseIterable {
    case stop, crash, partition, clockJump, slowDisk, fullDisk, failedCommit, tornCommit, damage, oneWay, pause, drift
    case bitErrors, replay, mtuHole, move, networkLoss, restore, timerDrift, secondCopy, rebind

    func drawn(_ draw: inout Draw, within duration: Duration) -> Fault {
        let at = draw.duration(.zero...duration)
        let share = draw.one(of: [0.1, 0.3, 0.5, 1])
        let lasting = draw.duration(.seconds(5)...min(duration, .seconds(4 * 3_600)))
        let among = draw.one(of: [Fault.Struck.nodes, .people, .everybody])
        let back = draw.one(of: [.seconds(1), .seconds(60), lasting])
        switch self {
        case .stop: return Fault(at: at, .stop(share: min(share, 0.5)))
        case .crash:
            return Fault(at: at, .crash(share: share, back: back, keepsDisk: draw.below(3) > 0), among: among)
        case .partition: return Fault(at: at, .partition(share: min(share, 0.5), lasting: lasting), among: among)
        case .clockJump:
            let seconds = draw.one(of: [30, 3_600, 13 * 3_600, 26 * 3_600, 3 * 86_400] as [Int64])
            return Fault(at: at, .clockJump(share: share, seconds: draw.isOn ? seconds : -seconds), among: among)
        case .slowDisk:
            let delay = draw.one(of: [.milliseconds(100), .seconds(1), .seconds(10)] as [Duration])
            return Fault(at: at, .slowDisk(share: share, delay: delay, lasting: lasting), among: among)
        case .fullDisk: return Fault(at: at, .fullDisk(share: share, lasting: lasting), among: among)
        case .failedCommit: return Fault(at: at, .failedCommit(share: share, back: back), among: among)
        case .tornCommit: return Fault(at: at, .tornCommit(share: share, back: back), among: among)
        case .damage: return Fault(at: at, .damage(share: share, values: draw.one(of: [1, 10, 100])))
        case .oneWay: return Fault(at: at, .oneWay(share: min(share, 0.5), lasting: lasting), among: among)
        case .pause: return Fault(at: at, .pause(share: share, lasting: lasting), among: among)
        case .drift:
            let millionths = draw.one(of: [100, 10_000, 200_000] as [Int64])
            let signed = draw.isOn ? millionths : -millionths
            return Fault(at: at, .drift(share: share, millionths: signed, lasting: lasting), among: among)
        case .bitErrors:
            return Fault(at: at, .bitErrors(share: draw.one(of: [0.001, 0.05, 0.5]), lasting: lasting))
        case .replay:
            let later = draw.one(of: [.seconds(5), .seconds(300), .seconds(2 * 3_600)] as [Duration])
            return Fault(at: at, .replay(share: draw.one(of: [0.01, 0.2]), later: later, lasting: lasting))
        case .mtuHole:
            let bytes = draw.one(of: [200, 500, 1_000, 1_199])
            return Fault(at: at, .mtuHole(share: share, bytes: bytes, lasting: lasting), among: among)
        case .move:
            // Of a few only: where all are elsewhere at once nobody finds anybody, as bootstrap nodes have moved as well.
            return Fault(at: at, .move(share: min(share, 0.1), isNoticed: draw.isOn), among: among)
        case .networkLoss: return Fault(at: at, .networkLoss(share: share, lasting: lasting), among: among)
        case .timerDrift:
            let millionths = draw.one(of: [100, 5_000, 100_000] as [Int64])
            let signed = draw.isOn ? millionths : -millionths
            return Fault(at: at, .timerDrift(share: share, millionths: signed, lasting: lasting), among: among)
        case .secondCopy:
            let kind = Fault.Kind.secondCopy(share: share, lasting: lasting, copiesDirectory: draw.isOn)
            return Fault(at: at, kind, among: .people)
        case .rebind: return Fault(at: at, .rebind(share: share), among: among)
        case .restore: return Fault(at: at, .restore(share: share, lasting: lasting), among: .people)
        }
    }
}
