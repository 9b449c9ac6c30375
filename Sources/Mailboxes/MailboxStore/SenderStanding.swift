/// What an envelope's sender is to the owner of the mailbox, as far as this node can tell.
enum SenderStanding: Hashable {
    /// No policy is kept here: all mail has all the room. Once that is used up, the first of those who hold most gives way.
    case unknown
    /// The same, brought by another buddy on its own account: others' mail doesn't give way to it.
    case unknownOfBuddy
    /// Signed by a sender that the owner has accepted: it never gives way once it is kept.
    case accepted
    /// Not signed so. It gives way, and the first of those who hold most.
    case stranger
    /// The same, brought by another buddy on its own account: others' mail doesn't give way to it. Otherwise two buddies
    /// that keep different strangers' mail would exchange it for ever.
    case strangerOfBuddy
}
