import Basics
import Conversations
import Exchange

/// How an outbox entry changes on its way.
extension OutboxEntry {
    /// It was sealed for the mailbox of an epoch, for the first time or again.
    mutating func wasSealed(
        to record: PeerRecord, in session: SessionName, for epoch: Epoch, at now: UnixTime
    ) {
        self.epoch = epoch
        guard sealing != nil else {
            sealing = Sealing(record, in: session, at: now)
            return
        }
        sealing?.sealedAgain(to: record, in: session, at: now)
        storedAt = nil
        deposits = 0
    }

    /// A quorum keeps it.
    mutating func wasStored(_ tally: Tally, at now: UnixTime) {
        state = max(state, .stored)
        via = .mailbox
        buddies = tally.done
        of = tally.found
        if state == .stored { reason = nil }
        storedAt = now
    }

    /// What a deposit that has ended says of the envelope: `stored n of k` is what is known now.
    mutating func learn(_ tally: Tally, isCollected: Bool, _ now: UnixTime) {
        guard kind == .message, state.isUnderWay else { return }
        if isCollected {
            sealing?.collected(at: now)
            state = .collected
            via = .mailbox
            reason = "It was fetched from the mailbox, but not confirmed; it is sent anew if no receipt comes."
        } else if state == .stored, !tally.hasQuorum, tally.found > 0 {
            buddies = tally.done
            of = tally.found
            reason = Failure(tally).sentence
        }
    }

    /// Why it has failed, now that it has expired.
    var expiryReason: String {
        switch state {
        case .collected:
            "The recipient fetched it, but no receipt came in time; ask them whether they have it."
        case .stored: "It waited in the recipient's mailbox until it expired, and no receipt came; send it again."
        default: "It could not be brought to the recipient before it expired. " + (reason ?? "Send it again.")
        }
    }

    /// How long it rests after a deposit before it is brought to the buddies again.
    var pauseAfterDeposit: Duration {
        let pause = Backoff.afterDeposits(deposits - 1)
        return state == .stored && buddies < OutboxEntry.fewBuddies ? min(pause, Backoff.longestOfFew) : pause
    }

    /// Fewer buddies than this may all be gone at once. So it is in a network of two or three nodes.
    private static let fewBuddies = 3

    /// How long what is stored may rest before it is brought to the buddies again.
    func untilNextDeposit(_ now: UnixTime) -> Duration {
        guard state != .queued, let storedAt, storedAt <= now else { return .zero }
        return pauseAfterDeposit - .seconds(now.seconds(since: storedAt))
    }

    /// Whether it was stored just now.
    func wasStoredLately(_ now: UnixTime) -> Bool {
        guard state == .stored, let storedAt, storedAt <= now else { return false }
        return now.seconds(since: storedAt) < OutboxEntry.secondsOfReturn
    }

    /// How long a network may take to come back: a few contacts answer at first, and then all.
    private static let secondsOfReturn: Int64 = 10
}
