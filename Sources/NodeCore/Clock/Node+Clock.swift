import Basics
import Sessions

extension Node {
    static let clockKey = Array("erasure".utf8)

    /// Looks at the clock without anything being due: for drivers that want a jump noticed within a second.
    public mutating func observeTime(now: Now, into outbox: inout Outbox) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        lookAtClock(now: now, into: &outbox)
    }

    /// Looks whether the civil clock has jumped, and asks others for their time when that is due. What depends on civil
    /// time comes after it.
    mutating func lookAtClock(now: Now, into outbox: inout Outbox) {
        clock.look(now: now)
        followClock(now: now, into: &outbox)
    }

    private mutating func followClock(now: Now, into outbox: inout Outbox) {
        while let directive = clock.nextDirective(now: now, mayAsk: isJoined) {
            switch directive {
            case .save: saveClock()
            case .tell(let event): outbox.events.append(event)
            case .ask: askForTime(now: now, into: &outbox)
            }
        }
    }

    /// Writes down what the next start needs to know of the time before it.
    mutating func saveClock() { store.put(.contacts, Node.clockKey, clock.encoded) }

    /// Somebody who was pinged tells their time.
    mutating func noteTime(_ time: UnixTime, of observer: SessionInfo, now: Now, into outbox: inout Outbox) {
        // A jump that this datagram is the first to show must not make the time of before look wrong.
        lookAtClock(now: now, into: &outbox)
        clock.observe(time, by: observer.endpoint.observerKey(of: observer.remoteID), now: now)
        followClock(now: now, into: &outbox)
    }

    /// Pings contacts from anywhere, each of which counts by itself.
    private mutating func askForTime(now: Now, into outbox: inout Outbox) {
        var asked: [Bytes32] = []
        let candidates = table.closest(
            to: generator.bytes32(), count: Node.timeCandidates, families: families, onlyAlive: true)
        for contact in candidates where asked.count < ClockCheck.observersAsked {
            guard let key = endpoint(of: contact)?.observerKey(of: contact.id), !asked.contains(key) else { continue }
            asked.append(key)
            ping(contact, now: now, into: &outbox)
        }
        clock.hasAsked(asked.count, now: now)
    }

    /// Contacts among which observers are chosen: some for each, as neighbours in an address block count as one.
    private static let timeCandidates = 4 * ClockCheck.observersAsked
}
