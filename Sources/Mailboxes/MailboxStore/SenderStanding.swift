/// What an envelope's sender is to the owner of the mailbox, as far as this node can tell.
enum SenderStanding: Hashable {
    /// No policy is kept here: no mail gives way, and no account may have more in the mailbox than is still free.
    case unknown
    /// Signed by a sender that the owner has accepted: it never gives way once it is kept.
    case accepted
    /// Not signed so. Mail of the account that holds most gives way, first what is the first to expire.
    case stranger
    /// The same, given or brought by another buddy: others' mail doesn't give way to it. Otherwise two buddies that keep different strangers'
    /// mail would exchange it for ever.
    case strangerOfBuddy

    /// `isAccepted`: whether the policy that is kept here accepts the sender; nil where none is. `isRepair`: another buddy gives or brings
    /// the envelope.
    init(isAccepted: Bool?, isRepair: Bool) {
        switch isAccepted {
        case nil: self = .unknown
        case true: self = .accepted
        case false: self = isRepair ? .strangerOfBuddy : .stranger
        }
    }
}
