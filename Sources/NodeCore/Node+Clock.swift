import Basics
import Exchange
import Sessions

extension Node {
    /// Looks at the clock without anything being due: for drivers that want a jump noticed within a second.
    public mutating func observeTime(now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        lookAtClock(&outbox)
        endTurn(&outbox)
    }

    /// Looks whether the civil clock has jumped, and asks others for their time when that is due. What depends on civil
    /// time comes after it.
    mutating func lookAtClock(_ turn: inout Turn) {
        clock.look(now: turn.now)
        followClock(&turn)
    }

    /// A node that was pinged tells its time.
    mutating func observeTime(_ time: UnixTime, of observer: SessionInfo, _ turn: inout Turn) {
        // This datagram may be the first to show a jump of the clock: that must not make the time before it look wrong.
        lookAtClock(&turn)
        clock.observe(time, by: observer.remoteID, at: observer.endpoint, now: turn.now)
        followClock(&turn)
    }

    mutating func followClock(_ turn: inout Turn) {
        while let directive = clock.nextDirective(now: turn.now, mayAsk: joining.isJoined) {
            switch directive {
            case .save: clock.save(in: &store)
            case .tell(let event):
                turn.mark(event.clockMark)
                turn.tell(event)
            case .ask:
                let families = reach.families
                let candidates = routing.closest(
                    to: turn.randomness.bytes32(), count: NodeClock.candidates, families: families, onlyAlive: true)
                let places = candidates.map { ($0, routing.endpoint(of: $0, in: families)) }
                for contact in clock.observers(among: places, now: turn.now) { ping(contact, &turn) }
            }
        }
    }
}

extension NodeEvent {
    /// What news of the clock is counted as.
    fileprivate var clockMark: Mark? {
        switch self {
        case .clock(.unconfirmed): .clockInDoubt
        case .clock(.confirmed): .clockConfirmed
        case .clock(.differs): .clockDiffers
        case .erasureDelay: .erasureDelayed
        default: nil
        }
    }
}
