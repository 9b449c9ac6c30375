import Basics
import Simulation
import SimulationReport

/// What of a scenario was done to real nodes, by what, and what was not.
public struct TestbedNotes: Hashable, Sendable {
    /// Such as `partition by nftables`.
    public private(set) var applied: [String] = []
    /// Such as `latency 20ms..200ms`.
    public private(set) var notApplied: [String] = []

    package init() {}

    /// It was done by something; nil: it can't be done here.
    package mutating func record(_ what: String, by how: String?) {
        if let how {
            if !applied.contains("\(what) by \(how)") { applied.append("\(what) by \(how)") }
        } else if !notApplied.contains(what) {
            notApplied.append(what)
        }
    }

    /// Notes what nothing does to real nodes.
    package mutating func skip(of scenario: Scenario) {
        for fault in scenario.faults {
            switch fault.kind {
            case .clockJump: record("clock jumps", by: nil)
            case .slowDisk: record("slow disks", by: nil)
            case .fullDisk: record("full disks", by: nil)
            case .stop, .crash, .partition: break
            default: record(fault.kind.name, by: nil)
            }
        }
        if scenario.bucketSize != Limits.bucketSize { record("k", by: nil) }
        if scenario.liars != nil { record("liars", by: nil) }
        if scenario.uplink != nil { record("uplink", by: nil) }
        if scenario.isSettled { record("settled", by: nil) }
        if scenario.endpoints != Scenario().endpoints { record("endpoints", by: nil) }
        if scenario.strangers != nil { record("strangers", by: nil) }
        if scenario.leavers > 0 { record("leavers", by: nil) }
        if scenario.link.duplication > 0 { record("duplication", by: nil) }
    }

    func latency(of link: LinkModel) -> String {
        "\(DurationText.text(link.latency.lowerBound))..\(DurationText.text(link.latency.upperBound))"
    }
}
