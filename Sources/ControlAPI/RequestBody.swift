import HTTPTransport
import Platform

/// A type that can be the body of a request: a JSON object with these fields and no others.
package protocol RequestBody: Decodable {
    static var fields: [String] { get }
}

extension NewMessage: RequestBody {
    package static let fields = ["key", "text", "to"]
}

extension MessageNames: RequestBody {
    static let fields = ["messages"]
}

extension StandingDecision: RequestBody {
    static let fields = ["standing"]
}

extension HTTPRequest {
    /// Decodes the body. Refuses what it doesn't understand: if a mistyped field were ignored, the message would not be
    /// what its sender meant.
    package func decode<Body: RequestBody>(_ type: Body.Type) throws(ControlError) -> Body {
        if let media = header("content-type"), !HTTPRequest.isJSON(media) {
            throw ControlError(.badRequest, "The body is sent as \(quoted(media)): send application/json.")
        }
        // A byte order mark says nothing in UTF-8.
        let json = body.starts(with: [0xef, 0xbb, 0xbf]) ? body[3...] : body[...]
        guard String(validating: json, as: UTF8.self) != nil else {
            throw ControlError(.badRequest, "The body is not UTF-8.")
        }
        let value: Body
        do {
            value = try ControlJSON.decode(type, from: Data(json))
        } catch {
            throw ControlError(.badRequest, "The body is not the JSON that this request needs: see docs/openapi.yaml.")
        }
        var seen: Set<String> = []
        for field in JSONFields.names(in: json) {
            guard Body.fields.contains(field) else {
                throw ControlError(
                    .badRequest,
                    "The body has the unknown field \(quoted(field)): it may have \(Body.fields.joined(separator: ", "))."
                )
            }
            guard seen.insert(field).inserted else {
                throw ControlError(.badRequest, "The body has the field \(field) twice.")
            }
        }
        return value
    }

    /// Whether a media type may be JSON's: also the one that `curl -d` names by itself, whatever it sends.
    private static func isJSON(_ media: String) -> Bool {
        let type = media.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        return type == "application/json" || type.hasSuffix("+json") || type == "application/x-www-form-urlencoded"
    }
}

/// What a client wrote, as part of a sentence.
func quoted(_ text: String) -> String { "\"\(text.count > 40 ? text.prefix(40) + "…" : text)\"" }

/// All names of an object's fields, as they are written: a decoder ignores fields that it doesn't need and those that
/// are repeated.
package enum JSONFields {
    /// `json` has been decoded before: only its structure is looked at. A name with escapes is given with them.
    package static func names(in json: some Collection<UInt8>) -> [String] {
        var names: [String] = []
        var depth = 0
        var text: [UInt8]?
        var isEscaped = false
        var last = ""
        for byte in json {
            if text != nil {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    if depth == 1 { last = String(decoding: text ?? [], as: UTF8.self) }
                    text = nil
                    continue
                }
                if depth == 1, text?.count ?? 0 < 256 { text?.append(byte) }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): text = []
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ":") where depth == 1: names.append(last)
            default: break
            }
        }
        return names
    }
}
