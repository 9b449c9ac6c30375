import ControlAPI

extension ReceivedMessage {
    /// What is known of its sender, beside names of the address book.
    public var label: PeerLabel {
        PeerLabel(claimedName: claimedName, resembles: resembles, introductions: introductions)
    }
}

extension ConversationReport {
    /// What is known of the other.
    public var label: PeerLabel {
        PeerLabel(name: name, claimedName: claimedName, resembles: resembles, introductions: introductions)
    }
}
