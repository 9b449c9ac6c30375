import Basics
import Exchange
import NodeCore
import PeerCore

/// Whether what an owner is told of their machine is true: where others reach it, whether its clock is wrong, whether it
/// holds mail that it can't open, and whether there is a second copy of their profile.
package struct OwnerCheck {
    /// What may be true of a machine.
    package struct Truth {
        /// Where others reach it.
        package var endpoint: Endpoint
        /// Whether anybody can.
        package var isHidden: Bool
        /// Whether civil clocks have been wrong somewhere.
        package var clocksWereWrong: Bool
        /// Whether the person has gone on with an older store, or in two places.
        package var wasCopied: Bool
        /// Whether any person has. Such a person may seal with a key that their other copy has used already: what was sealed
        /// second can't be opened, and waits.
        package var anybodyWasCopied = false
        /// Whether strangers fill the person's mailbox with what nobody can open.
        package var isFlooded = false
        /// Whether it may be wrong about its address: that has changed, and it learns the new one from others only; or bits
        /// are flipped on the way, and one was flipped in what others say of it before there is a session.
        package var isMisled: Bool

        package init(
            endpoint: Endpoint, isHidden: Bool, clocksWereWrong: Bool, wasCopied: Bool, isMisled: Bool = false
        ) {
            self.isMisled = isMisled
            self.endpoint = endpoint
            self.isHidden = isHidden
            self.clocksWereWrong = clocksWereWrong
            self.wasCopied = wasCopied
        }
    }

    package private(set) var findings = CheckFindings()

    package init() {}

    /// What a node says of itself. `isCalm`: nothing goes wrong that could make it think so.
    package mutating func inspect(_ status: NodeStatus, of host: HostID, _ truth: Truth, isCalm: Bool) {
        if let told = status.external?.ipv4, told != truth.endpoint, !truth.isMisled {
            findings.add("Host \(host.index) is told that others reach it at \(told), and it is at \(truth.endpoint).")
        }
        if case .differs = status.clock, !truth.clocksWereWrong {
            findings.add("Host \(host.index) is told that its clock is wrong, and no clock is.")
        }
        if status.isReachable == true, truth.isHidden {
            findings.add("Host \(host.index) is told that others reach it, and strangers can't.")
        }
        if status.isReachable == false, !truth.isHidden, isCalm {
            findings.add("Host \(host.index) is told that nobody reaches it, and everybody can.")
        }
        if !status.strangersAtBootstraps.isEmpty, isCalm {
            findings.add("Host \(host.index) is told of strangers at its bootstrap peers, and there are none.")
        }
    }

    /// What a person's side says of their mail and their profile.
    package mutating func inspect(_ agent: PeerAgent, at host: HostID, _ truth: Truth) {
        guard !truth.wasCopied else { return }
        if agent.secondCopySighting != nil {
            findings.add("Host \(host.index) is told of a second copy of its profile, and there is none.")
        }
        if let unopened = agent.unopened, !truth.anybodyWasCopied, !truth.isFlooded {
            findings.add("Host \(host.index) is told of mail that it can't open: \(unopened).")
        }
        let listed = agent.outgoingMessages().filter { $0.state.isUnderWay }
        if listed.count != agent.pendingCount {
            findings.add(
                "Host \(host.index) is told of \(agent.pendingCount) messages under way, and it has \(listed.count).")
        }
        for state in [MessageState.queued, .stored, .collected] {
            let count = listed.count { $0.state == state }
            if count != agent.pendingCount(in: state) {
                findings.add(
                    "Host \(host.index) is told of \(agent.pendingCount(in: state)) messages \(state), and it has \(count)."
                )
            }
        }
    }
}
