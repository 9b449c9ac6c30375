import Basics
import Cryptography
import Wire

/// Where the parts of an envelope's sealed bytes lie. Both forms have the same beginning and end:
/// ```
///            0          24                                        n
/// ratchet   | nonce 24 | sealed header 45 + 16 | KEM object 1,184 | content + 16 |
/// first     | nonce 24 | e 32, day 4, ciphertext 1,088 | sealed header 84 + 16 | content + 16 |
/// ```
/// The KEM object and, in a first message, the 1,124 bytes after the nonce are hidden by a stream.
enum EnvelopeLayout {
    static let nonce = 0..<24
    /// A message of a session that was answered, or is an answer.
    static let header = 24..<85
    static let object = 85..<1_269
    static let content = 1_269
    /// A message before the first answer.
    static let beginning = 24..<1_148
    static let firstHeader = 1_148..<1_248
    static let firstContent = 1_248
    /// Of `beginning`: the ephemeral key and the prekey's day, by which a first message is recognised.
    static let recognised = 36
    /// The bytes beside the content that there are even where no padding is needed.
    static let contentOverhead = 1 + XChaChaPoly.tagSize
}

/// An envelope that was taken apart, with nothing verified.
struct EnvelopeParts {
    let mailbox: MailboxID
    /// The 7 bytes in the clear.
    let clear: [UInt8]
    let sealed: [UInt8]

    /// Takes an envelope from a mailbox apart.
    init(_ envelope: [UInt8], mailbox: MailboxID) throws(OpenError) {
        let header: EnvelopeHeader
        do {
            header = try EnvelopeHeader(decoding: envelope.span.bytes)
        } catch {
            throw error == .unknownVersion ? .unknownVersion : .malformed
        }
        self.mailbox = mailbox
        clear = header.authenticated
        sealed = header.sealed.copy(of: envelope.span.bytes)
        guard sealed.count >= EnvelopeLayout.content + EnvelopeLayout.contentOverhead else { throw .malformed }
    }

    subscript(range: Range<Int>) -> [UInt8] { Array(sealed[range]) }
    var nonce: [UInt8] { self[EnvelopeLayout.nonce] }

    /// What a sealed header authenticates: the clear bytes, the mailbox and, in a first message, its beginning.
    func associated(_ beginning: [UInt8] = []) -> [UInt8] {
        EnvelopeParts.associated(clear, mailbox, beginning)
    }

    static func associated(_ clear: [UInt8], _ mailbox: MailboxID, _ beginning: [UInt8]) -> [UInt8] {
        clear + mailbox.bytes.array + beginning
    }
}

extension Array where Element == UInt8 {
    /// These bytes and a stream of as many, bit by bit: hidden, or shown again.
    func masked(nonce: [UInt8], key: SecretKey) -> [UInt8] {
        var bytes = XChaChaPoly.stream(count, nonce: nonce, key: key)
        for index in bytes.indices { bytes[index] ^= self[index] }
        return bytes
    }
}
