import Basics
import Exchange
import Sessions

extension Node {
    /// Looks whether the civil clock has jumped, and asks others for their time when that is due. What depends on civil
    /// time comes after it.
    mutating func lookAtClock(now: Now, into outbox: inout Outbox) {
        if clock.look(now: now) { outbox.events.append(.clock(clock.standing)) }
        if isJoined, clock.nextQuestion <= now.monotonic { askForTime(now: now, into: &outbox) }
    }

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
