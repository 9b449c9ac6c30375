import Basics

/// What a router's description tells: where it takes questions about mapped ports (UPnP Device Architecture 1.1, §2.3).
package struct DeviceDescription: Hashable, Sendable {
    /// The service, such as `urn:schemas-upnp-org:service:WANIPConnection:1`.
    package let service: String
    package let control: HttpLocation

    /// The services that map ports, the best first.
    private static let services = ["WANIPConnection:2", "WANIPConnection:1", "WANPPPConnection:1"]
        .map { "urn:schemas-upnp-org:service:" + $0 }

    /// Nil where it describes none, or one that is not at the router's own address.
    package init?(_ bytes: [UInt8], at location: HttpLocation) {
        var reader = XmlReader(bytes)
        var (element, type, path) = ("", "", "")
        var found: [(rank: Int, path: String)] = []
        while let event = reader.next() {
            switch event {
            case .begins(let name):
                element = name
                if name == "service" { (type, path) = ("", "") }
            case .ends(let name):
                element = ""
                guard name == "service", let rank = DeviceDescription.services.firstIndex(of: type) else { continue }
                found.append((rank, path))
            case .text(let text):
                if element == "serviceType" { type = text }
                if element == "controlURL" { path = text }
            }
        }
        guard !reader.isMalformed, let best = found.min(by: { $0.rank < $1.rank }), !best.path.isEmpty,
            let control = location.resolve(best.path)
        else { return nil }
        service = DeviceDescription.services[best.rank]
        self.control = control
    }
}
