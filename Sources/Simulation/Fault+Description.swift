import Basics

extension Fault: CustomStringConvertible {
    /// What happens, and to whom, in a few words.
    public var description: String {
        guard let among else { return kind.description }
        return kind.description + (among == .nodes ? "" : ", of \(among.rawValue)")
    }
}

extension Fault.Kind: CustomStringConvertible {
    /// What happens, in a few words.
    public var description: String {
        let percent = "\(Int(share * 100 + 0.5)) %"
        return switch self {
        case .stop: "\(percent) of nodes stop"
        case .crash(_, _, true): "\(percent) of nodes crash"
        case .crash(_, _, false): "\(percent) of nodes crash and lose their disks"
        case .partition: "\(percent) are cut off"
        case .clockJump(_, let seconds): "\(percent) of clocks jump by \(seconds) s"
        case .slowDisk: "\(percent) of disks are slow"
        case .fullDisk: "\(percent) of disks are full"
        case .failedCommit: "a commit fails on \(percent) of disks"
        case .tornCommit: "\(percent) crash within a commit"
        case .damage(_, let values): "\(values) values are damaged on \(percent) of disks"
        case .oneWay: "\(percent) are not heard by the others"
        case .pause: "\(percent) of programs are stopped for a while"
        case .drift(_, let millionths, _): "\(percent) of clocks drift by \(millionths) millionths"
        case .timerDrift(_, let millionths, _): "\(percent) of timers run fast by \(millionths) millionths"
        case .secondCopy(_, _, true): "\(percent) of people run a copy of their directory as well"
        case .secondCopy(_, _, false): "\(percent) of people run their keys on another machine as well"
        case .bitErrors: "\(percent) of datagrams have a bit flipped"
        case .replay: "\(percent) of datagrams come again later"
        case .mtuHole(_, let bytes, _): "datagrams above \(bytes) bytes of \(percent) vanish"
        case .move: "\(percent) change their addresses"
        case .networkLoss: "\(percent) have no network"
        case .rebind: "\(percent) of NATs forget everything"
        case .restore: "\(percent) of people go back to an old copy of their disks"
        }
    }

    /// Its name in scenario files.
    public var name: String {
        switch self {
        case .stop: "stop"
        case .crash: "crash"
        case .partition: "partition"
        case .clockJump: "clockJump"
        case .slowDisk: "slowDisk"
        case .fullDisk: "fullDisk"
        case .failedCommit: "failedCommit"
        case .tornCommit: "tornCommit"
        case .damage: "damage"
        case .oneWay: "oneWay"
        case .pause: "pause"
        case .drift: "drift"
        case .bitErrors: "bitErrors"
        case .replay: "replay"
        case .mtuHole: "mtuHole"
        case .move: "move"
        case .networkLoss: "networkLoss"
        case .restore: "restore"
        case .timerDrift: "timerDrift"
        case .secondCopy: "secondCopy"
        case .rebind: "rebind"
        }
    }

    /// The share of those that it strikes; for `bitErrors` and `replay` of the datagrams.
    public var share: Double {
        switch self {
        case .stop(let share), .crash(let share, _, _), .partition(let share, _), .clockJump(let share, _),
            .slowDisk(let share, _, _), .fullDisk(let share, _), .failedCommit(let share, _),
            .tornCommit(let share, _), .damage(let share, _), .oneWay(let share, _), .pause(let share, _),
            .drift(let share, _, _), .bitErrors(let share, _), .replay(let share, _, _), .mtuHole(let share, _, _),
            .move(let share, _), .networkLoss(let share, _), .restore(let share, _), .timerDrift(let share, _, _),
            .secondCopy(let share, _, _), .rebind(let share):
            share
        }
    }

    /// How long it lasts; nil where it is a moment.
    public var lasting: Duration? {
        switch self {
        case .stop, .clockJump, .damage, .move, .rebind: nil
        case .crash(_, let lasting, _), .partition(_, let lasting), .slowDisk(_, _, let lasting),
            .fullDisk(_, let lasting), .failedCommit(_, let lasting), .tornCommit(_, let lasting),
            .oneWay(_, let lasting), .pause(_, let lasting), .drift(_, _, let lasting), .bitErrors(_, let lasting),
            .replay(_, _, let lasting), .mtuHole(_, _, let lasting), .networkLoss(_, let lasting),
            .restore(_, let lasting), .timerDrift(_, _, let lasting), .secondCopy(_, let lasting, _):
            lasting
        }
    }

    /// The same, lasting another time.
    public func lasting(_ duration: Duration) -> Fault.Kind {
        switch self {
        case .stop, .clockJump, .damage, .move, .rebind: self
        case .crash(let share, _, let keepsDisk): .crash(share: share, back: duration, keepsDisk: keepsDisk)
        case .partition(let share, _): .partition(share: share, lasting: duration)
        case .slowDisk(let share, let delay, _): .slowDisk(share: share, delay: delay, lasting: duration)
        case .fullDisk(let share, _): .fullDisk(share: share, lasting: duration)
        case .failedCommit(let share, _): .failedCommit(share: share, back: duration)
        case .tornCommit(let share, _): .tornCommit(share: share, back: duration)
        case .oneWay(let share, _): .oneWay(share: share, lasting: duration)
        case .pause(let share, _): .pause(share: share, lasting: duration)
        case .drift(let share, let millionths, _): .drift(share: share, millionths: millionths, lasting: duration)
        case .bitErrors(let share, _): .bitErrors(share: share, lasting: duration)
        case .replay(let share, let later, _): .replay(share: share, later: later, lasting: duration)
        case .mtuHole(let share, let bytes, _): .mtuHole(share: share, bytes: bytes, lasting: duration)
        case .networkLoss(let share, _): .networkLoss(share: share, lasting: duration)
        case .restore(let share, _): .restore(share: share, lasting: duration)
        case .timerDrift(let share, let millionths, _):
            .timerDrift(share: share, millionths: millionths, lasting: duration)
        case .secondCopy(let share, _, let copiesDirectory):
            .secondCopy(share: share, lasting: duration, copiesDirectory: copiesDirectory)
        }
    }
}

extension Scenario {
    /// Whether machines crash within commits: then what is on a disk may not have been said.
    var tearsCommits: Bool {
        faults.contains { fault in
            if case .tornCommit = fault.kind { true } else { false }
        }
    }

    /// Whether datagrams may arrive with other bits.
    var flipsBits: Bool {
        faults.contains { fault in
            if case .bitErrors = fault.kind { true } else { false }
        }
    }
}
