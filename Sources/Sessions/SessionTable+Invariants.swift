import Basics

extension SessionTable {
    /// Traps where something that always holds doesn't. For tests.
    package func checkInvariants() {
        precondition(unproven.count <= Limits.unprovenSessions)
        precondition(sessions.count - unproven.count <= Limits.sessions)
        precondition(handshakes.count <= Limits.handshakes)
        precondition(identities.count <= Limits.identities)
        let areUnproven = unproven.allSatisfy { id in
            sessions.slot(of: id).flatMap { sessions.entries[$0] }?.isProven == false
        }
        precondition(areUnproven, "the unproven sessions are there, and unproven")
        precondition(pairs.allSatisfy { isSound($0.key, $0.value) }, "a pair names what is there and its own")
    }

    private func isSound(_ pair: SessionPair, _ entry: PairSessions) -> Bool {
        let areItsOwn = [entry.current, entry.previous].allSatisfy { id in
            guard let id else { return true }
            guard let session = sessions.slot(of: id).flatMap({ sessions.entries[$0] }) else { return false }
            return session.isProven && session.pair == pair
        }
        let isUnderWay =
            entry.handshake.map { index in
                handshakes.place(of: index).map { handshakes.entries[$0].pair == pair } ?? false
            } ?? true
        return areItsOwn && isUnderWay && !entry.isEmpty
    }
}
