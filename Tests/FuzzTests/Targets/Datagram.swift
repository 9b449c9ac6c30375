import Basics
import Wire

/// Reads the bytes as each of the things that come in datagrams. What decodes must encode to bytes that decode the same.
func readDatagram(_ input: [UInt8]) throws(Finding) {
    let span = input.span.bytes
    if let kind = try? DatagramKind(of: span) {
        try expect(kind.byteCounts.contains(input.count), "a datagram has a length of its kind")
    }
    if let payload = try? HandshakePayload(decoding: span) {
        try expect(
            payload.body.end <= input.count && payload.body.count <= Limits.bodySize, "a body lies in its payload")
        try readBody(payload.body.copy(of: span))
    }
    try readBody(input)
}

private func readBody(_ body: [UInt8]) throws(Finding) {
    if let again = try recodedRequest(body) {
        try expect(try recodedRequest(again) == again, "a request encodes to what decodes the same")
    }
    if let again = try recodedResponse(body) {
        try expect(try recodedResponse(again) == again, "a response encodes to what decodes the same")
    }
}

/// The bytes that a request decodes from and encodes to, or nil where it doesn't decode.
private func recodedRequest(_ body: [UInt8]) throws(Finding) -> [UInt8]? {
    let span = body.span.bytes
    guard let (header, request) = try? Request.decode(span) else { return nil }
    try expect(body.count <= Limits.bodySize && header.kind == request.kind, "a request is of its header's kind")
    switch request {
    case .findNode(_, let count, let families):
        try expect((1...Limits.contactsPerAnswer).contains(count) && !families.isEmpty, "a findNode asks for something")
    case .putRecord(let chunk), .deposit(let chunk), .deliver(let chunk):
        try checkChunk(size: chunk.size, index: chunk.index, bytes: chunk.bytes, in: body)
    case .getRecord(_, let chunk), .fetch(_, _, let chunk):
        try expect((0..<Limits.chunksPerTransfer).contains(chunk), "a chunk asked for exists")
    case .discard(_, _, let tombstones): try checkTombstones(tombstones, body)
    case .confirm(_, let endpoint, _): try expect(endpoint.isUsable, "an endpoint to dial can be sent to")
    case .reconcile(let request): try checkRanges(request.ranges, body)
    case .announce(_, let entries):
        try checkEntries(entries, more: false, body)
    case .announceCollected(_, let tombstones): try checkTombstones(tombstones, body)
    case .punch(_, let offer, let asker): try checkSealed(offer, asker)
    case .ping, .authorize, .list, .has, .subscribe: break
    }
    var writer = ByteWriter(capacity: Limits.bodySize)
    request.encode(requestID: header.requestID, payload: span, into: &writer)
    try expect(!writer.overflowed, "a request that came in a body fits into one")
    return writer.bytes
}

private func recodedResponse(_ body: [UInt8]) throws(Finding) -> [UInt8]? {
    let span = body.span.bytes
    guard let (header, response) = try? Response.decode(span) else { return nil }
    try expect(body.count <= Limits.bodySize && header.isResponse, "a response is one")
    switch response {
    case .contacts(let range): try checkContacts(range, body)
    case .page(let entries, let more): try checkEntries(entries, more: more, body)
    case .chunk(let chunk): try checkChunk(size: chunk.size, index: chunk.index, bytes: chunk.bytes, in: body)
    case .pong(let observed, let time):
        try expect(observed.isUsable && (0...Limits.latestTime).contains(time.seconds), "a pong makes sense")
    case .refused(_, let seconds): try expect(seconds <= Limits.retryAfterSeconds, "a refusal puts nobody off for ever")
    case .discarded(let count): try expect(count <= Limits.tombstonesPerDiscard, "no more than could be asked")
    case .reconciled(let ranges, let depth):
        try expect((depth == nil) == (ranges.count > 0), "an answer compares, or says what it would")
        try checkRanges(ranges, body)
    case .passed(let answer, let answerer): try checkSealed(answer, answerer)
    case .partial, .kept, .collected, .collectedBy, .proof, .granted, .accepted, .reached, .subscribed, .noticed: break
    }
    var writer = ByteWriter(capacity: Limits.bodySize)
    response.encode(answering: header, payload: span, into: &writer)
    try expect(!writer.overflowed, "a response that came in a body fits into one")
    return writer.bytes
}

private func checkSealed(_ bytes: ByteRange, _ seen: Endpoint?) throws(Finding) {
    try expect((1...Limits.chunkSize).contains(bytes.count), "what is passed on is not too long")
    try expect(seen?.isUsable ?? true, "where somebody is seen can be sent to")
}

private func checkChunk(size: Int, index: Int, bytes: ByteRange, in body: [UInt8]) throws(Finding) {
    try expect((1...Chunks.largestSize).contains(size), "a size is in its bounds")
    try expect((0..<Chunks.count(of: size)).contains(index), "an index is in its bounds")
    try expect(bytes.count == Chunks.range(index, of: size).count && bytes.end <= body.count, "a chunk is whole")
}

/// All contacts that were checked can be read, and are the bytes that came.
private func checkContacts(_ range: ByteRange, _ body: [UInt8]) throws(Finding) {
    var reader = ContactReader(range)
    var writer = ByteWriter(capacity: Limits.bodySize)
    var count = 0
    while let contact = reader.next(in: body.span.bytes) {
        let endpoints = [contact.ipv4, contact.ipv6].compactMap { $0 }
        try expect(!endpoints.isEmpty && endpoints.allSatisfy(\.isUsable), "a contact can be sent to")
        writer.contact(contact)
        count += 1
    }
    try expect(count <= Limits.contactsPerAnswer, "no more contacts than may be")
    try expect(writer.bytes == range.copy(of: body.span.bytes), "contacts have one form")
}

private func checkEntries(_ range: ByteRange, more: Bool, _ body: [UInt8]) throws(Finding) {
    var reader = EntryReader(range)
    var writer = ByteWriter(capacity: Limits.bodySize)
    var last: EnvelopeID?
    while let entry = reader.next(in: body.span.bytes) {
        if let last { try expect(last < entry.envelope, "entries ascend") }
        last = entry.envelope
        writer.mailboxEntry(entry)
    }
    try expect(range.count <= Limits.entriesPerPage * EntryReader.entryByteCount, "no more entries than may be")
    try expect(!more || last != nil, "a page that is followed by another is not empty")
    try expect(writer.bytes == range.copy(of: body.span.bytes), "entries have one form")
}

private func checkTombstones(_ range: ByteRange, _ body: [UInt8]) throws(Finding) {
    let most = Limits.tombstonesPerDiscard * TombstoneReader.entryByteCount
    try expect((1...most).contains(range.count), "some tombstones, and no more than may be")
    var reader = TombstoneReader(range)
    var writer = ByteWriter(capacity: Limits.bodySize)
    while let tombstone = reader.next(in: body.span.bytes) { writer.tombstone(tombstone) }
    try expect(writer.bytes == range.copy(of: body.span.bytes), "tombstones have one form")
}

/// All ranges that were checked can be read: they ascend, and items are of kinds that are known.
private func checkRanges(_ range: ByteRange, _ body: [UInt8]) throws(Finding) {
    var reader = RangeReader(range)
    var (place, isListing) = (ItemKey.first, false)
    while let entry = reader.next(in: body.span.bytes) {
        switch entry {
        case .equal(let bound), .fingerprint(_, let bound), .listed(let bound):
            try expect(place < bound, "bounds ascend")
            (place, isListing) = (bound, false)
        case .item(let key):
            try expect(isListing ? place < key : place <= key, "items ascend")
            try expect(key.itemKind != nil, "an item is of a known kind")
            (place, isListing) = (key, true)
        }
    }
    try expect(reader.isAtEnd && !isListing, "all ranges can be read")
}
