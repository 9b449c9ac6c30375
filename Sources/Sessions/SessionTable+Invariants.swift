import Basics

extension SessionTable {
    /// The indices by which the two sides know a session, swapped on the other side. For tests.
    package func indices(of id: SessionID) -> [UInt32]? {
        sessions.slot(of: id).flatMap { slot in
            sessions.index(of: slot).map { [$0, sessions.entries[slot].remoteIndex] }
        }
    }

    /// Traps where an invariant doesn't hold. For tests.
    package func checkInvariants() {
        precondition(unproven.count <= Limits.unprovenSessions)
        precondition(sessions.count - unproven.count <= Limits.sessions)
        precondition(handshakes.count <= Limits.handshakes)
        precondition(identities.count <= Limits.identities)
        let areUnproven = unproven.allSatisfy { id in
            sessions.slot(of: id).map { sessions.entries[$0].isProven } == false
        }
        precondition(areUnproven, "the unproven sessions are there, and unproven")
        precondition(sessions.linked == sessions.count - unproven.count, "all proven sessions are found by their pairs")
        for slot in sessions.entries.indices {
            let session = sessions.entries[slot]
            guard session.isProven else { continue }
            let found = session.isCurrent ? sessions.current(of: session.pair) : sessions.previous(of: session.pair)
            precondition(found == slot, "a pair has one current session, and one other")
        }
        otherPaths.checkInvariants()
        let areThere = otherPaths.all.allSatisfy { path in
            sessions.slot(of: path.session).map { sessions.entries[$0].isProven } ?? false
        }
        precondition(areThere, "only proven sessions have other paths")
        proven.checkInvariants(counted { $0.isProven })
        pretenders.checkInvariants(counted { !$0.isProven })
        let pairs = Set(handshakes.entries.map(\.pair))
        precondition(pairs.count == handshakes.count, "a pair has one handshake under way")
    }
}
