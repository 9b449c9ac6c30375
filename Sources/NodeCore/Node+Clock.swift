import Basics
import Exchange
import Sessions

extension Node {
    /// Looks at the clock without anything being due: for drivers that want a jump noticed within a second.
    public mutating func observeTime(now: Now, into outbox: inout Outbox) {
        swap(&scratch, &outbox.scratch)
        defer { swap(&scratch, &outbox.scratch) }
        lookAtClock(now: now, into: &outbox)
    }

    /// Looks whether the civil clock has jumped, and asks others for their time when that is due. What depends on civil
    /// time comes after it.
    mutating func lookAtClock(now: Now, into outbox: inout Outbox) {
        let hasChanged = clock.look(now: now)
        // First: who hears that the clock is confirmed may erase by it.
        if erasure.look(now: now, isConfirmed: clock.standing.isConfirmed) { saveErasureClock() }
        if erasure.delaySeconds != toldErasureDelay {
            toldErasureDelay = erasure.delaySeconds
            outbox.events.append(.erasureDelay(seconds: toldErasureDelay))
        }
        if hasChanged { outbox.events.append(.clock(clock.standing)) }
        if isJoined, clock.nextQuestion <= now.monotonic { askForTime(now: now, into: &outbox) }
    }

    /// The time by which may be erased what others left here; nil while nothing may.
    func erasingTime(_ now: Now) -> UnixTime? {
        clock.standing.isConfirmed ? now.utc.advanced(bySeconds: -erasure.delaySeconds) : nil
    }

    static let erasureKey = Array("erasure".utf8)

    /// Writes down what the next start needs to know of the time before it.
    mutating func saveErasureClock() { store.put(.contacts, Node.erasureKey, erasure.encoded) }

    /// Somebody who was pinged tells their time.
    mutating func noteTime(_ time: UnixTime, of observer: SessionInfo, now: Now, into outbox: inout Outbox) {
        let voice = observer.endpoint.voice(of: observer.remoteID)
        // A jump that this datagram is the first to show must not make the time of before look wrong.
        lookAtClock(now: now, into: &outbox)
        if clock.observe(time, by: voice, now: now) { outbox.events.append(.clock(clock.standing)) }
    }

    /// Pings contacts from anywhere, each with a voice of its own.
    private mutating func askForTime(now: Now, into outbox: inout Outbox) {
        var voices: [Bytes32] = []
        let candidates = table.closest(
            to: generator.bytes32(), count: Node.timeCandidates, families: families, onlyAlive: true)
        for contact in candidates where voices.count < ClockCheck.voicesAsked {
            guard let voice = endpoint(of: contact)?.voice(of: contact.id),
                !voices.contains(voice)
            else { continue }
            voices.append(voice)
            ping(contact, now: now, into: &outbox)
        }
        clock.ask(voices: voices.count, now: now)
    }

    /// Contacts among which voices are chosen: some for each, as neighbours in an address block share one.
    private static let timeCandidates = 4 * ClockCheck.voicesAsked
}
