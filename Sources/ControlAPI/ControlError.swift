/// Why a request was not fulfilled: a code for programs, and one plain sentence for people.
public struct ControlError: Error, Codable, Sendable, Equatable {
    /// The codes are part of the interface; a client takes one it doesn't know for `internalError`.
    public enum Code: String, Codable, Sendable, CaseIterable {
        /// The request itself is malformed.
        case badRequest = "bad_request"
        /// What it carries can't be used: a mistyped peer ID, a text that is too long.
        case badInput = "bad_input"
        /// The request's body has more bytes than any request needs.
        case tooLarge = "too_large"
        /// There is no such thing.
        case notFound = "not_found"
        /// The thing is there, but not in a state that allows this.
        case conflict
        /// A bound is reached.
        case full
        /// The disk could not be written or read.
        case storage
        /// The daemon is on its way out, or too busy.
        case unavailable
        /// The daemon's own fault.
        case internalError = "internal_error"
        /// Said by the client: no process listens on the socket.
        case unreachable
        /// Said by the client: the socket is not ours to use.
        case notPermitted = "not_permitted"
        /// Said by the client: the connection ended before the answer, so it is unknown whether the request took
        /// effect.
        case interrupted

        public init(from decoder: any Decoder) throws {
            self = Code(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .internalError
        }
    }

    public var code: Code
    /// What happened, and what to do.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

/// The body of an answer that is an error.
struct ErrorBody: Codable, Sendable {
    var error: ControlError
}
