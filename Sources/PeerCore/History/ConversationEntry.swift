import Basics
import Wire

/// What is kept of a conversation beside its messages.
struct ConversationEntry: Hashable {
    /// The highest number of its messages.
    var last: UInt64 = 0
    /// Received messages that aren't marked as read.
    var unread: UInt64 = 0

    init() {}

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, last)
        fields.integer(2, unread)
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: last = try value.integer(span)
            case 2: unread = try value.integer(span)
            default: break
            }
        }
    }
}
