import Basics

/// Which session is evicted when there is no room. No account may exceed its share; if the table is full, the account
/// with the most sessions loses one. So a host with any number of keys displaces only its own sessions.
extension SessionTable {
    /// Evicts a session if the one in a slot, now proven, is one too many: the session that was silent for the longest.
    mutating func makeRoom(for slot: Int) {
        let endpoint = sessions.entries[slot].path.endpoint
        if !proven.isCounting {
            // While all accounts together are within one share, no account exceeds it.
            guard sessions.count - unproven.count > proven.threshold else { return }
            proven.begin(counted { $0.isProven }.filter { $0.slot != slot })
        }
        if let leaving = proven.leaving(for: endpoint, heardAt: { sessions.entries[$0].heardAt }) {
            marks.insert(.sessionEvicted)
            end(leaving)
        }
        proven.insert(slot, at: endpoint)
    }

    /// Evicts the oldest unproven session if there is no room for another one from `endpoint`.
    mutating func makeRoom(forUnprovenFrom endpoint: Endpoint) {
        if !pretenders.isCounting {
            guard unproven.count >= pretenders.threshold else { return }
            pretenders.begin(counted { !$0.isProven })
        }
        let leaving = pretenders.leaving(for: endpoint) { sessions.entries[$0].establishedAt }
        if let leaving {
            marks.insert(.unprovenSessionEvicted)
            end(leaving)
        }
    }

    /// Stops counting a session, as proven or as unproven.
    mutating func discount(_ slot: Int) {
        guard sessions.entries[slot].isProven else {
            pretenders.remove(slot)
            if unproven.count < pretenders.threshold / 2 { pretenders.end() }
            return
        }
        proven.remove(slot)
        if sessions.count - unproven.count < proven.threshold / 2 { proven.end() }
    }

    /// The sessions for which `condition` holds, with their endpoints.
    func counted(where condition: (Session) -> Bool) -> [(slot: Int, endpoint: Endpoint)] {
        sessions.slots(where: condition).map { ($0, sessions.entries[$0].path.endpoint) }
    }
}
