/// What an envelope's sender is to the owner of the mailbox, as far as this node can tell.
enum SenderStanding: Hashable {
    /// No policy is kept here: all mail has all the room. Once that is used up, mail of the account that holds most gives way, first what
    /// is the first to expire.
    case unknown
    /// The same, brought by another buddy on its own account: others' mail doesn't give way to it.
    case unknownOfBuddy
    /// Signed by a sender that the owner has accepted: it never gives way once it is kept.
    case accepted
    /// Not signed so. Mail of the account that holds most gives way, first what is the first to expire.
    case stranger
    /// The same, brought by another buddy on its own account: others' mail doesn't give way to it. Otherwise two buddies
    /// that keep different strangers' mail would exchange it for ever.
    case strangerOfBuddy
}

extension SenderStanding {
    /// `isAccepted`: whether the policy that is kept here accepts the sender; nil where none is. `isRepair`: another buddy gives or brings
    /// the envelope.
    init(isAccepted: Bool?, isRepair: Bool) {
        switch isAccepted {
        case true: self = .accepted
        case false: self = isRepair ? .strangerOfBuddy : .stranger
        case nil: self = isRepair ? .unknownOfBuddy : .unknown
        }
    }
}
