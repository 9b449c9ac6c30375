import HTTPTransport
import Platform

/// One server-sent event, as `EventStreams` writes it.
package struct EventFrame {
    /// Empty where there is no event but only an ID, or a comment.
    package var name = ""
    package var data = Data()
    package var id: Int?
}

/// Finds the events in the parts of a body.
package struct EventFrames {
    /// Bytes of one event: a lookup's result, ten times over.
    private static let maximumFrame = 1 << 20

    package init() {}

    private var pending: [UInt8] = []
    private var start = 0
    /// Up to here there is no end of a frame.
    private var searched = 0

    package mutating func append(_ part: [UInt8]) throws(HTTPExchange.Failure) {
        pending.removeFirst(start)
        searched -= start
        start = 0
        pending += part
        guard pending.count <= EventFrames.maximumFrame + part.count else { throw .malformed }
    }

    /// The next whole frame, comments left out.
    package mutating func next() -> EventFrame? {
        while searched + 1 < pending.count {
            guard pending[searched] == 10, pending[searched + 1] == 10 else {
                searched += 1
                continue
            }
            let lines = pending[start..<searched].split(separator: 10)
            searched += 2
            start = searched
            if let frame = EventFrames.frame(lines) { return frame }
        }
        return nil
    }

    private static func frame(_ lines: [ArraySlice<UInt8>]) -> EventFrame? {
        var frame = EventFrame()
        for line in lines {
            if let value = value(of: "event: ", in: line) { frame.name = String(decoding: value, as: UTF8.self) }
            if let value = value(of: "data: ", in: line) { frame.data = Data(value) }
            if let value = value(of: "id: ", in: line) { frame.id = Int(String(decoding: value, as: UTF8.self)) }
        }
        return frame.name.isEmpty && frame.id == nil ? nil : frame
    }

    private static func value(of field: StaticString, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = Array(field.description.utf8)
        return line.starts(with: name) ? line.dropFirst(name.count) : nil
    }
}
