import Basics

extension PortMapper {
    /// What a router is asked.
    enum Question {
        /// PCP, and from the second time on NAT-PMP beside it. Whether the router speaks UPnP is found out meanwhile: it may
        /// take a second to say so.
        case any
        case pcp
        /// By NAT-PMP: the router's outer address, and then a port.
        case address, port
        /// Whether the router speaks UPnP, and then what it is asked over TCP.
        case search, dialogue
    }

    /// What the mapper does now.
    enum Phase {
        case idle
        /// A question has been sent so often.
        case asking(Question, sends: Int)
        case held
        /// Nothing is asked before the timer rings.
        case resting
    }

    /// What a router has granted.
    struct Lease {
        let way: MappingProtocol
        let outer: Endpoint
        let until: Instant
    }
}
