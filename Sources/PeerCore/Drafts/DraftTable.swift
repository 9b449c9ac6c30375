import Basics
import Storage

/// Texts that were begun and not sent, in the table `conversations`:
/// ```
///   b ‖ peer    when it was changed, u64 seconds ‖ the text in UTF-8
/// ```
enum DraftTable {
    static let prefix = [UInt8(ascii: "b")]
    static func key(_ peer: PeerID) -> [UInt8] { prefix + peer.bytes.array }

    /// Bytes before the text.
    private static let headSize = 8

    static func encoded(_ text: some Collection<UInt8>, changedAt time: UnixTime) -> [UInt8] {
        UInt64(clamping: time.seconds).bigEndianBytes + text
    }

    /// Bytes of the text in a value of this size.
    static func textSize(ofValue size: Int) -> Int { max(0, size - headSize) }

    /// Nil where it is none.
    static func draft(_ key: RawSpan, _ value: RawSpan) -> Draft? {
        guard let peer = Bytes32(key, at: prefix.count).map({ PeerID($0) }) else { return nil }
        return value.withUnsafeBytes { draft(of: peer, Array($0)) }
    }

    static func draft(of peer: PeerID, _ value: [UInt8]) -> Draft? {
        guard let seconds = UInt64(bigEndianBytes: value.span.bytes, at: 0),
            let text = String(validating: value.dropFirst(headSize), as: UTF8.self), !text.isEmpty
        else { return nil }
        return Draft(
            peer: peer, text: text, changedAt: UnixTime(seconds: min(Int64(clamping: seconds), Limits.latestTime)))
    }
}

extension StoreView {
    /// What was begun to a peer; nil where nothing was.
    func draft(to peer: PeerID) -> Draft? {
        value(.conversations, DraftTable.key(peer)).flatMap { DraftTable.draft(of: peer, $0) }
    }

    /// All of them, in the order of the peers' IDs.
    func drafts() -> [Draft] {
        var drafts: [Draft] = []
        scan(.conversations, prefix: DraftTable.prefix) { key, value in
            if let draft = DraftTable.draft(key, value) { drafts.append(draft) }
            return drafts.count < Limits.drafts
        }
        return drafts
    }

    /// Whether there is room for a text to this peer, in place of what was begun before.
    func hasRoom(forDraftOf bytes: Int, to peer: PeerID) -> Bool {
        let own = DraftTable.key(peer)
        var (count, sum) = (0, 0)
        scanHeads(.conversations, prefix: DraftTable.prefix) { key, size, _ in
            guard !key.withUnsafeBytes({ $0.elementsEqual(own) }) else { return true }
            count += 1
            sum += DraftTable.textSize(ofValue: size)
            return true
        }
        return count < Limits.drafts && sum + bytes <= Limits.draftBytes
    }

    mutating func putDraft(_ text: String, to peer: PeerID, changedAt time: UnixTime) {
        put(.conversations, DraftTable.key(peer), DraftTable.encoded(Array(text.utf8), changedAt: time))
    }

    /// Removes what was begun to a peer. False: nothing was.
    mutating func removeDraft(to peer: PeerID) -> Bool {
        guard contains(.conversations, DraftTable.key(peer)) else { return false }
        remove(.conversations, DraftTable.key(peer))
        return true
    }
}
