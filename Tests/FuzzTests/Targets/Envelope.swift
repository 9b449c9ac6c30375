import Basics
import Conversations
import Cryptography
import Wire

/// The first byte chooses what the others are: an envelope, what is sealed in one with or without its padding, or changes
/// to an envelope that is right.
func readEnvelope(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    switch script.below(4) {
    case 0: try readHeader(script.rest())
    case 1: try readContent(script.rest())
    case 2:
        if let content = try? EnvelopeCipher.content(padded: script.rest()) { try check(content) }
    default: try changeEnvelope(&script)
    }
}

private func readHeader(_ bytes: [UInt8]) throws(Finding) {
    guard let header = try? EnvelopeHeader(decodingStart: bytes.span.bytes) else { return }
    try expect(header.sealed.end == header.size, "what is sealed reaches to the end")
    try expect(Limits.sizeClasses.contains(header.size), "an envelope has a size of a class")
    let whole = bytes + [UInt8](repeating: 0, count: max(0, header.size - bytes.count))
    guard let again = try? EnvelopeHeader(decoding: whole.span.bytes) else {
        return try expect(bytes.count > header.size, "an envelope of its header's size decodes")
    }
    try expect(again == header, "a header says the same of the start and of the whole")
    let sealed = header.sealed.copy(of: whole.span.bytes)
    try expect(header.assemble(sealed: sealed) == whole, "an envelope has one form")
    _ = Sample.open(whole)
}

private func readContent(_ bytes: [UInt8]) throws(Finding) {
    if let content = try? Content(bytes.span.bytes) { try check(content) }
}

private func check(_ content: Content) throws(Finding) {
    try expect(content.lamport <= Limits.lamport, "a Lamport number is in its bounds")
    try expect((0...Limits.latestTime).contains(content.sentAt.seconds), "a calendar can show the time")
    if case .text(let text) = content.body { try expect(text.utf8.count <= Limits.textSize, "a text is in its bounds") }
    if let name = content.name {
        try expect(name.version > 0 && name.text.utf8.count <= Limits.claimedNameSize, "a name is in its bounds")
        try expect(name.text.unicodeScalars.allSatisfy { $0.value >= 32 }, "a name has no control characters")
    }
    if let card = content.introduction {
        try expect((1...Introduction.nameSize).contains(card.name.utf8.count), "a card's name is in its bounds")
        try expect(!card.name.unicodeScalars.contains { $0.value < 32 }, "a card's name has no control characters")
        let shown = Sample.cipher.introduction(in: content, from: card.peer)
        try expect(shown == nil, "nobody introduces themselves")
    }
    try expect((try? Content(content.encoded.span.bytes)) == content, "content encodes to what decodes the same")
}

/// Nothing that differs from what the sender sealed opens.
private func changeEnvelope(_ script: inout Script) throws(Finding) {
    let changed = script.changes(to: Sample.envelope)
    let opened = Sample.open(changed)
    try expect((opened != nil) == (changed == Sample.envelope), "only what the sender sealed opens")
}
