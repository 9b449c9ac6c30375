import Basics
import Wire

/// A message says that its sender goes by another name than their messages said before.
public struct Renaming: Hashable, Sendable {
    /// What they said before; nil where they had taken their name back.
    public let before: String?
    /// What they say now; nil where they take it back.
    public let after: String?

    /// Nil where nothing has changed.
    init?(from before: String, to after: String) {
        // By its bytes: one that only looks alike is another.
        guard !before.utf8.elementsEqual(after.utf8) else { return nil }
        self.before = before.isEmpty ? nil : before
        self.after = after.isEmpty ? nil : after
    }

    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.bytes(1, (before ?? "").utf8)
        fields.bytes(2, (after ?? "").utf8)
        return fields.bytes
    }

    /// Reads what `encoded` writes; nil where it is none.
    init?(_ bytes: [UInt8]) {
        var names: [UInt8: String] = [:]
        let span = bytes.span.bytes
        var fields = FieldReader(span)
        while let (tag, value) = try? fields.next(span) {
            let name = value.copy(of: span)
            guard name.count <= Limits.claimedNameSize else { return nil }
            names[tag] = String(validating: name, as: UTF8.self)
        }
        guard let before = names[1], let after = names[2] else { return nil }
        self.init(from: before, to: after)
    }
}
