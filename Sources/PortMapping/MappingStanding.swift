import Basics

/// How a router is asked to map a port.
public enum MappingProtocol: String, CaseIterable, Sendable {
    /// Port Control Protocol (RFC 6887).
    case pcp = "PCP"
    /// NAT Port Mapping Protocol (RFC 6886).
    case natPmp = "NAT-PMP"
    /// Internet Gateway Device of UPnP (UPnP Forum, WANIPConnection:1 and :2).
    case igd = "UPnP"
}

/// How it stands with the mapping of this node's port.
public enum MappingStanding: Hashable, Sendable {
    /// Nobody is to be asked.
    case idle
    /// The router is being asked.
    case asking
    /// The router says that it passes on what comes to an endpoint.
    case opened(Endpoint, MappingProtocol)
    /// It does so, but its address is none of the Internet: another router lies before it.
    case behindAnother(Endpoint, MappingProtocol)
    case refused(RouterRefusal, MappingProtocol)
    /// No protocol is answered.
    case silent
    /// It answered by UPnP what can't be used.
    case faulty(IgdFault)
}
