import Basics

/// The search for a router that speaks UPnP (UPnP Device Architecture 1.1, §1.3).
package enum SearchAnswer {
    /// Where every device of the local network hears.
    package static let group = Endpoint(ipv4: 0xefff_fffa, port: 1_900)

    package static let question = [UInt8](
        """
        M-SEARCH * HTTP/1.1\r
        HOST: 239.255.255.250:1900\r
        MAN: "ssdp:discover"\r
        MX: 1\r
        ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
        \r\n
        """.utf8)

    /// Where the router says that its description is; nil where it is no answer, or names another address than the router's
    /// own, as a device that only says that it is the router would.
    package static func location(_ bytes: RawSpan, at gateway: Endpoint) -> HttpLocation? {
        guard bytes.byteCount <= 2_048 else { return nil }
        let text = bytes.withUnsafeBytes { [UInt8]($0) }
        guard let head = HttpHead(text), head.status == 200, let location = head.fields["location"] else { return nil }
        return HttpLocation(location, at: gateway)
    }
}
