import Basics

/// Which of a mailbox's buddies are asked where a few are enough, as others announce what comes, or hardly anything comes any more.
///
/// Of those asked the last time three stay at least, so that the sessions with them go on, and at each second look one gives way to a buddy
/// that was not asked for longest. So all have their turn. Who follows is drawn by chance, so that nobody can foresee it.
struct Glances {
    private struct Turns {
        let mailbox: MailboxID
        /// Those that were asked, in the order in which their turn came.
        var asked: [NodeID] = []
        var looks = 0
    }

    private var turns: [Turns] = []

    /// The next few of a mailbox's buddies; all, where there are no more than these.
    mutating func next(
        of mailbox: MailboxID, among buddies: [Contact], by random: inout SeededGenerator
    ) -> [Contact] {
        var entry = turns.firstIndex { $0.mailbox == mailbox }.map { turns.remove(at: $0) } ?? Turns(mailbox: mailbox)
        entry.asked.removeAll { asked in !buddies.contains { $0.id == asked } }
        var fresh = buddies.map(\.id).filter { !entry.asked.contains($0) }
        let isFirst = entry.asked.count < Limits.buddiesGlanced
        let count = isFirst ? Limits.buddiesGlanced - entry.asked.count : entry.looks % 2
        entry.looks &+= 1
        for _ in 0..<count {
            if let drawn = fresh.indices.randomElement(using: &random) {
                entry.asked.append(fresh.remove(at: drawn))
            } else if entry.asked.count > Limits.buddiesGlanced {
                entry.asked.append(entry.asked.removeFirst())
            }
        }
        if turns.count >= Limits.mailboxesRemembered { turns.removeFirst() }
        turns.append(entry)
        return entry.asked.suffix(Limits.buddiesGlanced).compactMap { asked in buddies.first { $0.id == asked } }
    }
}
