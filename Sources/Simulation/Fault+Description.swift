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
        func percent(_ share: Double) -> String { "\(Int(share * 100 + 0.5)) %" }
        return switch self {
        case .stop(let share): "\(percent(share)) of nodes stop"
        case .crash(let share, _, true): "\(percent(share)) of nodes crash"
        case .crash(let share, _, false): "\(percent(share)) of nodes crash and lose their disks"
        case .partition(let share, _): "\(percent(share)) are cut off"
        case .clockJump(let share, let seconds): "\(percent(share)) of clocks jump by \(seconds) s"
        case .slowDisk(let share, _, _): "\(percent(share)) of disks are slow"
        case .fullDisk(let share, _): "\(percent(share)) of disks are full"
        }
    }

    /// The share of those that it strikes.
    public var share: Double {
        switch self {
        case .stop(let share), .crash(let share, _, _), .partition(let share, _), .clockJump(let share, _),
            .slowDisk(let share, _, _), .fullDisk(let share, _):
            share
        }
    }

    /// How long it lasts; nil where it is a moment.
    public var lasting: Duration? {
        switch self {
        case .stop, .clockJump: nil
        case .crash(_, let lasting, _), .partition(_, let lasting), .slowDisk(_, _, let lasting),
            .fullDisk(_, let lasting):
            lasting
        }
    }
}
