import Basics
import PeerCore

/// People who live on two machines at once, for a time.
///
/// What is still promised is little (docs/failures.md): mail comes to one of the two, and some of it waits until its sender
/// seals it anew. Nothing is lost at the first machine, none of the two shows anything twice, and what the person sent
/// before arrives, or they are told.
struct SecondCopies {
    private var copies: [HostID: HostID] = [:]
    private var originals: [HostID: HostID] = [:]

    /// Where else somebody lives now.
    func copy(of host: HostID) -> HostID? { copies[host] }

    /// Whose second machine this is, or was.
    func original(of copy: HostID) -> HostID? { originals[copy] }

    mutating func begin(_ copy: HostID, of host: HostID) {
        copies[host] = copy
        originals[copy] = host
    }

    mutating func end(of host: HostID) -> HostID? { copies.removeValue(forKey: host) }
}

extension Simulator {
    /// A person's program is started on another machine as well.
    mutating func beginCopy(of host: HostID, copiesDirectory: Bool) {
        guard secondCopies.copy(of: host) == nil, !leavers.hasLeft(host) else { return }
        let copy = network.addCopy(of: host, copiesDirectory: copiesDirectory)
        secondCopies.begin(copy, of: host)
        messages.recordCopied(host, at: network.time)
        storage.recordCopied(network.disk(copy), to: copy)
        checks.hasSecondCopy(host, at: copy)
        start(copy)
    }

    /// The second machine is gone, with all that came to it alone.
    mutating func endCopy(of host: HostID) {
        guard let copy = secondCopies.end(of: host) else { return }
        if network.isUp(copy) { network.crash(copy) }
        network.loseDisk(of: copy)
    }

    /// What the person is told at their second machine: of what they send the first tells them.
    mutating func handle(_ notice: PeerNotice, at copy: HostID, of original: HostID, _ time: Instant) {
        guard case .received(let message) = notice else { return }
        if let person = network.peerID(copy) {
            checks.told(notice, of: person, at: copy, network.conditions.now(at: time), storage)
        }
        messages.receive(message, at: original, by: copy, time)
        planReading(message, at: copy)
    }
}
