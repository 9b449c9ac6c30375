import Basics

/// The kinds of faults that are drawn. New ones are appended: the place of each decides its draws.
enum DrawnFault: CaseIterable {
    case stop, crash, partition, clockJump, slowDisk, fullDisk

    func drawn(_ draw: inout Draw, within duration: Duration) -> Fault {
        let at = draw.duration(.zero...duration)
        let share = draw.one(of: [0.1, 0.3, 0.5, 1])
        let lasting = draw.duration(.seconds(5)...min(duration, .seconds(4 * 3_600)))
        let among = draw.one(of: [Fault.Struck.nodes, .people, .everybody])
        switch self {
        case .stop: return Fault(at: at, .stop(share: min(share, 0.5)))
        case .crash:
            let back = draw.one(of: [.seconds(1), .seconds(60), lasting])
            return Fault(at: at, .crash(share: share, back: back, keepsDisk: draw.below(3) > 0), among: among)
        case .partition: return Fault(at: at, .partition(share: min(share, 0.5), lasting: lasting), among: among)
        case .clockJump:
            let seconds = draw.one(of: [30, 3_600, 13 * 3_600, 26 * 3_600, 3 * 86_400, 10 * 86_400] as [Int64])
            return Fault(at: at, .clockJump(share: share, seconds: draw.isOn ? seconds : -seconds), among: among)
        case .slowDisk:
            let delay = draw.one(of: [.milliseconds(100), .seconds(1), .seconds(10)] as [Duration])
            return Fault(at: at, .slowDisk(share: share, delay: delay, lasting: lasting), among: among)
        case .fullDisk: return Fault(at: at, .fullDisk(share: share, lasting: lasting), among: among)
        }
    }
}
