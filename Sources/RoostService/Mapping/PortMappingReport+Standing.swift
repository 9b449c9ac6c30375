import Basics
import PortMapping
import Reports

/// How a mapping stands, in plain words.
extension PortMappingReport {
    package init(_ reason: MappingNeed.Reason) {
        switch reason {
        case .off: self.init(.off, message: "Your router is not asked to open a port: that is switched off.")
        case .noRouter: self.init(.noRouter, message: "There is no router that could be asked to open a port.")
        case .unneeded: self.init(.unneeded, message: "No router need open a port for this node.")
        }
    }

    /// - Parameters:
    ///   - port: where the node listens.
    ///   - isReached: whether third nodes reach it at the mapped endpoint; nil while that is open.
    package init(_ standing: MappingStanding, port: UInt16, isReached: Bool?) {
        switch standing {
        case .idle, .asking: self.init(.asking, message: "Your router is being asked to open port \(port).")
        case .opened(let endpoint, let way):
            let opened = "Your router opened port \(endpoint.port) (\(way.rawValue))"
            let message =
                switch isReached {
                case true?: "\(opened)."
                case false?: "\(opened), but nothing comes through it."
                case nil: "\(opened); others have not confirmed it yet."
                }
            self.init(.open, via: way.rawValue, endpoint: endpoint, confirmed: isReached, message: message)
        case .behindAnother(let endpoint, let way):
            self.init(
                .behindAnother, via: way.rawValue, endpoint: endpoint,
                message:
                    "Your router opened port \(endpoint.port) (\(way.rawValue)), but another router lies before yours.")
        case .refused(.noNetwork, let way):
            self.init(
                .refused, via: way.rawValue,
                message:
                    "Your router has no public address to open a port at: another router lies before yours, or it is not "
                    + "connected.")
        case .refused(.otherAddress, let way):
            self.init(
                .refused, via: way.rawValue,
                message: "Your router opens no port (\(way.rawValue)): another router lies between it and this machine."
            )
        case .refused(.noRoom, let way):
            self.init(
                .refused, via: way.rawValue,
                message: "Your router has no room to open another port (\(way.rawValue)).")
        case .refused(_, let way):
            self.init(.refused, via: way.rawValue, message: "Your router refuses to open a port (\(way.rawValue)).")
        case .silent: self.init(.silent, message: "Your router has no port mapping that answers.")
        case .faulty(let fault):
            self.init(
                .faulty, via: MappingProtocol.igd.rawValue,
                message: "Your router offers port mapping (UPnP), but \(fault.words).")
        }
    }
}

extension IgdFault {
    fileprivate var words: String {
        switch self {
        case .unanswered: "doesn't answer in time"
        case .malformed: "answers what nobody can read"
        case .noService: "describes no service for it at its own address"
        case .failed: "refuses without a reason"
        }
    }
}
