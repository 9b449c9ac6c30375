import Basics

/// A change of a sent message that is being made durable.
struct SentChange {
    let id: MessageID
    let before: OutboxEntry
    let after: OutboxEntry
}
