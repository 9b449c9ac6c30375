import Basics

/// What a router is asked by UPnP, one question after the other (WANIPConnection:1, §2.4): its description, its outer address,
/// and to pass on what comes to a port.
struct IgdDialogue: Sendable {
    /// How long a router may take for one answer.
    static let patience = Duration.seconds(5)

    enum Outcome {
        case goesOn
        case mapped(Endpoint, seconds: UInt32)
        case refused(RouterRefusal)
        case failed(IgdFault)
    }

    private enum Step {
        case description, address, mapping
    }

    private let location: HttpLocation
    private let inner: Endpoint
    private var step = Step.description
    private var number = 0
    private var description: DeviceDescription?
    private var outer: Endpoint
    /// Seconds; 0: until it is removed, for routers that know nothing else.
    private var lifetime = MappingLimits.lifetime
    private var portsTried = 1

    init(at location: HttpLocation, for inner: Endpoint) {
        self.location = location
        self.inner = inner
        outer = Endpoint(ipv4: 0, port: inner.port)
    }

    /// What is asked now.
    var question: IgdQuestion {
        guard let description else { return .get(location, number: number) }
        guard step == .mapping else {
            return .action("GetExternalIPAddress", of: description, number: number)
        }
        let arguments = [
            ("NewRemoteHost", ""), ("NewExternalPort", "\(outer.port)"), ("NewProtocol", "UDP"),
            ("NewInternalPort", "\(inner.port)"), ("NewInternalClient", inner.host), ("NewEnabled", "1"),
            ("NewPortMappingDescription", "roost"), ("NewLeaseDuration", "\(lifetime)"),
        ]
        return .action("AddPortMapping", arguments, of: description, number: number)
    }

    /// What removes the mapping of a port; nil before anything is known of the router.
    func removal(of port: UInt16) -> IgdQuestion? {
        let arguments = [("NewRemoteHost", ""), ("NewExternalPort", "\(port)"), ("NewProtocol", "UDP")]
        return description.map { .action("DeletePortMapping", arguments, of: $0, number: -1) }
    }

    /// Asks for the address once more, which may be another by now, and then for the mapping.
    mutating func renew() {
        number += 1
        step = .address
    }

    /// An answer has come; nil: none has.
    mutating func observe(_ bytes: [UInt8]?) -> Outcome {
        guard let bytes else { return .failed(.unanswered) }
        guard let reply = HttpReply(bytes) else { return .failed(.malformed) }
        number += 1
        switch step {
        case .description:
            guard reply.status == 200, let description = DeviceDescription(reply.body, at: location) else {
                return .failed(.noService)
            }
            self.description = description
            step = .address
            return .goesOn
        case .address:
            guard reply.status == 200,
                let texts = XmlReader.texts(of: ["NewExternalIPAddress"], in: reply.body)
            else { return .failed(.malformed) }
            // Empty where the router isn't connected.
            guard let address = texts["NewExternalIPAddress"].flatMap({ Endpoint(host: $0, port: outer.port) }),
                address.isIPv4, address.isUsable
            else { return .refused(.noNetwork) }
            outer = address
            step = .mapping
            return .goesOn
        case .mapping:
            if reply.status == 200 { return .mapped(outer, seconds: lifetime == 0 ? MappingLimits.lifetime : lifetime) }
            return observeError(reply)
        }
    }

    /// Errors of AddPortMapping (WANIPConnection:1, §2.4.16; WANIPConnection:2, §2.5.16).
    private mutating func observeError(_ reply: HttpReply) -> Outcome {
        let texts = XmlReader.texts(of: ["errorCode"], in: reply.body)
        switch texts?["errorCode"].flatMap({ Int($0) }) {
        // Only mappings without an end.
        case 725? where lifetime != 0:
            lifetime = 0
            return .goesOn
        // The port is another machine's: of the dynamic ports, one that follows from ours.
        case 718? where portsTried < IgdLimits.ports, 729? where portsTried < IgdLimits.ports:
            portsTried += 1
            let port = 49_152 + (UInt32(inner.port) &* 31 &+ UInt32(portsTried) &* 4_099) % 16_384
            outer = outer.with(port: UInt16(port))
            return .goesOn
        case 606?: return .refused(.notAuthorized)
        case 718?, 728?, 729?: return .refused(.noRoom)
        case .some: return .refused(.other)
        case nil: return .failed(.failed)
        }
    }
}
