import Basics
import Storage
import Wire

/// A sighting of another publisher under this person's own key: another copy of the profile, or the one of which this
/// directory was restored from a backup.
public struct SecondCopySighting: Hashable, Sendable {
    /// When it was seen first, and last.
    public let firstSeen: UnixTime
    public fileprivate(set) var lastSeen: UnixTime
}

/// Watches for a second copy of this person's profile, by the records that lie under their own key.
///
/// Every publication makes its sequence number durable first. So a record with a higher one, or with the last one and
/// other bytes, comes from another copy that has the profile key. That is so once after a backup was restored, and
/// again and again while two copies run, as each then publishes, or asks a few keepers, at least once an hour.
struct SecondCopy {
    private(set) var sighting: SecondCopySighting?

    /// If nothing was seen for so long, though this node published meanwhile without being refused, the other copy has
    /// ended.
    static let memorySeconds: UInt64 = 3 * 3_600

    init(_ sighting: SecondCopySighting? = nil) { self.sighting = sighting }

    /// What is known of one's own last publication.
    struct Published {
        /// The last sequence number given to a record here.
        let sequence: UInt64
        /// The record itself, where it was built since the start.
        let bytes: [UInt8]?
    }

    /// Whether a verified record under one's own key comes from another copy. `isOwnPrekey`: it names the prekey that
    /// is held here for its epoch.
    static func isForeign(
        _ record: SignedRecord, _ bytes: [UInt8], to published: Published, isOwnPrekey: @autoclosure () -> Bool
    ) -> Bool {
        if record.sequence > published.sequence { return true }
        guard record.sequence == published.sequence else { return false }
        return published.bytes.map { $0 != bytes } ?? !isOwnPrekey()
    }

    /// A record of another copy was seen.
    mutating func seen(at now: UnixTime) {
        sighting = SecondCopySighting(firstSeen: sighting?.firstSeen ?? now, lastSeen: now)
    }

    /// One's own records were published and no node held newer ones. Returns whether the other copy has just been
    /// forgotten.
    mutating func publishedUndisturbed(at now: UnixTime) -> Bool {
        guard let sighting, now.seconds(since: sighting.lastSeen).magnitude >= SecondCopy.memorySeconds else {
            return false
        }
        self.sighting = nil
        return true
    }
}

extension SecondCopySighting {
    var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.integer(1, firstSeen.seconds)
        fields.integer(2, lastSeen.seconds)
        return fields.bytes
    }

    init(_ span: RawSpan) throws(DecodeError) {
        var first: Int64?
        var last: Int64?
        var fields = FieldReader(span)
        while let (tag, value) = try fields.next(span) {
            switch tag {
            case 1: first = try value.integer(span)
            case 2: last = try value.integer(span)
            default: break
            }
        }
        guard let first, let last else { throw .missingField }
        self.init(firstSeen: UnixTime(seconds: first), lastSeen: UnixTime(seconds: last))
    }
}

extension StoreView {
    func secondCopy() -> SecondCopy {
        SecondCopy(value(.profile, ProfileTable.secondCopy).flatMap { try? SecondCopySighting($0.span.bytes) })
    }
}
