import HTTPTransport

/// A page of the inbox as an answer. It is read from the store and written in parts, so that a page of the largest texts takes
/// no more memory than one of them, however slowly it is read.
enum InboxListing {
    /// Bytes of texts in one part, apart from the last text.
    private static let part = 65_536

    static func page(_ query: InboxQuery, of backend: any ControlBackend) async throws(ControlError) -> HTTPAnswer {
        // Read before the messages: what arrives from now on has a higher number.
        let last = await backend.lastArrival()
        var rest = query
        rest.textBytes = part
        let first = try await backend.receivedMessages(rest)
        let begin = Array("{\"last\":\(last),\"messages\":[".utf8)
        let end = Array("]}\n".utf8)
        guard rest.advance(past: first) else {
            return .written(json: begin + items(first, isFirst: true) + end)
        }
        let next = rest
        return HTTPAnswer(
            status: 200, headers: [("Content-Type", "application/json")],
            body: .stream { write in
                var query = next
                try await write(begin + items(first, isFirst: true))
                while true {
                    let messages = try await backend.receivedMessages(query)
                    try await write(items(messages, isFirst: false))
                    guard query.advance(past: messages) else { return try await write(end) }
                }
            })
    }

    private static func items(_ messages: [ReceivedMessage], isFirst: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for message in messages {
            guard let json = try? ControlJSON.encode(message) else { continue }
            if !isFirst || !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes += json
        }
        return bytes
    }
}

extension InboxQuery {
    /// Goes on after a part of a page; false where that was the last of it.
    fileprivate mutating func advance(past part: [ReceivedMessage]) -> Bool {
        limit -= part.count
        guard let last = part.last, limit > 0 else { return false }
        if since != nil { since = last.seq } else { after = last.position }
        // With fewer bytes, there was nothing more.
        return part.reduce(0) { $0 + $1.text.utf8.count } >= textBytes
    }
}
