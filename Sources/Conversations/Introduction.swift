import Basics
import Cryptography
import Wire

/// What a card says: who somebody is, what the sender of the message calls them, and what they say that they are called.
///
/// ```
///  0            64
/// +------------+----------------------------------------------
/// | signature  | fields: 1 peer ID (32), 2 name, 3 claimed name
/// +------------+----------------------------------------------
/// ```
/// The signature is the sender's, over "roost introduction" ‖ A of the sender ‖ A of the recipient ‖ message ID ‖ sent at (u40) ‖ fields: a
/// card says something to one person, in one message. The message alone would not do: a first message can be written in anybody's name by
/// who has stolen the recipient's prekey, and people go by cards.
public struct Introduction: Hashable, Sendable {
    /// Who is introduced.
    public let peer: PeerID
    /// What the sender calls them.
    public let name: String
    /// What they have told the sender that they are called; nil where they told nothing.
    public let claimedName: String?

    private let signature: Signature
    /// As they came: a later version may say more.
    private let fields: [UInt8]

    /// Bytes of the sender's name for them: of the longest names of an address book all but those of many accents.
    public static let nameSize = 128
    /// Characters of it: those of the longest names of an address book. It stands on one line beside others.
    public static let nameLength = 32
    /// Bytes of a card, with room for what later versions add.
    static let largest = 512

    private enum Tag {
        static let peer: UInt8 = 1
        static let name: UInt8 = 2
        static let claimedName: UInt8 = 3
    }

    /// A card for a message of one's own; nil where the name can't be shown to others or is too long.
    public init?(
        of peer: PeerID, as name: String, claiming claimedName: String?, in content: Content, to recipient: PeerID,
        by profile: ProfileKey
    ) {
        guard Introduction.isName(name) else { return nil }
        var fields = FieldWriter()
        fields.bytes(Tag.peer, peer.bytes.array)
        fields.bytes(Tag.name, name.utf8)
        if let claimedName { fields.bytes(Tag.claimedName, claimedName.utf8) }
        self.peer = peer
        self.name = name
        self.claimedName = claimedName
        self.fields = fields.bytes
        signature = profile.sign(
            Introduction.signedBytes(fields.bytes, in: content, from: profile.peerID, to: recipient))
    }

    public var encoded: [UInt8] { signature.array + fields }

    /// Reads what `encoded` writes, without verifying it; nil where it is none. A text isn't to be lost for that.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Introduction.largest, let signature = Signature(bytes.span.bytes) else {
            return nil
        }
        let fields = Array(bytes.dropFirst(Signature.byteCount))
        guard let said = try? Introduction.read(fields.span.bytes), let peer = said.peer, let name = said.name,
            Introduction.isName(name)
        else { return nil }
        self.peer = peer
        self.name = name
        // What they claim may be wrong; that says nothing of the rest.
        claimedName = said.claimedName.flatMap { $0.isEmpty || NameClaim.objection(to: $0) != nil ? nil : $0 }
        self.signature = signature
        self.fields = fields
    }

    private static func read(
        _ span: RawSpan
    ) throws(DecodeError) -> (peer: PeerID?, name: String?, claimedName: String?) {
        var (peer, name, claimedName): (PeerID?, String?, String?)
        var reader = FieldReader(span)
        while let (tag, value) = try reader.next(span) {
            switch tag {
            case Tag.peer: peer = PeerID(try value.bytes32(span))
            case Tag.name: name = String(validating: value.copy(of: span), as: UTF8.self)
            case Tag.claimedName: claimedName = String(validating: value.copy(of: span), as: UTF8.self)
            default: break
            }
        }
        return (peer, name, claimedName)
    }

    /// Whether a text can be somebody's name for another, as those of address books are: one word, of characters that are seen.
    public static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= nameSize && text.count <= nameLength
            && SeenText.firstUnseen(in: text) == nil
            && !text.unicodeScalars.contains(where: \.properties.isWhitespace)
    }

    private static func signedBytes(
        _ fields: [UInt8], in content: Content, from sender: PeerID, to recipient: PeerID
    ) -> [UInt8] {
        let sentAt = UInt64(clamping: content.sentAt.seconds).bigEndianBytes.suffix(5)
        return Domain.introduction.bytes + sender.bytes.array + recipient.bytes.array + content.id.array + sentAt
            + fields
    }

    /// Whether the sender of a message says this to its recipient, of a third person.
    func isValid(in content: Content, from sender: PeerID, to recipient: PeerID, _ suite: CipherSuite) -> Bool {
        peer != sender && peer != recipient && peer.isValid(suite)
            && suite.verify(
                signature, of: Introduction.signedBytes(fields, in: content, from: sender, to: recipient),
                by: sender.bytes)
    }
}

extension EnvelopeCipher {
    /// The card in a message to this peer, if it is its sender's and about a third person.
    public func introduction(in content: Content, from sender: PeerID) -> Introduction? {
        guard let card = content.introduction, card.isValid(in: content, from: sender, to: peer, suite) else {
            return nil
        }
        return card
    }
}
