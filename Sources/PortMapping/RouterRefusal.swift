/// Why a router maps no port.
public enum RouterRefusal: String, CaseIterable, Sendable {
    /// It doesn't know this version, or not what is asked.
    case unsupported
    /// It may not, or not for this machine.
    case notAuthorized
    /// It has no address on the outside: it is not connected, or another router lies before it.
    case noNetwork
    /// It has no room, or this machine has as many as it may.
    case noRoom
    /// There is another router between this machine and it.
    case otherAddress
    /// Something else.
    case other

    /// RFC 6887, §7.4.
    init(pcp code: UInt8) {
        self =
            switch code {
            case 1, 4, 5, 9: .unsupported
            case 2: .notAuthorized
            case 7: .noNetwork
            case 8, 10: .noRoom
            case 12: .otherAddress
            default: .other
            }
    }

    /// RFC 6886, §3.5.
    init(natPmp code: UInt16) {
        self =
            switch code {
            case 1, 5: .unsupported
            case 2: .notAuthorized
            case 3: .noNetwork
            case 4: .noRoom
            default: .other
            }
    }

    /// Whether the same router may answer otherwise in another protocol.
    var mayDependOnProtocol: Bool { self != .noNetwork }
}
