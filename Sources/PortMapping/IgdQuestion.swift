import Basics

/// A question over TCP: to connect, to send these bytes, and to read until the answer is whole (`HttpReplyReader`) or the
/// router closes.
public struct IgdQuestion: Hashable, Sendable {
    /// A number of its own, so that a late answer isn't taken for that to the next question.
    public let number: Int
    public let endpoint: Endpoint
    public let bytes: [UInt8]

    /// A request for a document.
    static func get(_ location: HttpLocation, number: Int) -> IgdQuestion {
        let head = """
            GET \(location.path) HTTP/1.1\r
            Host: \(location.endpoint)\r
            Connection: close\r
            \r\n
            """
        return IgdQuestion(number: number, endpoint: location.endpoint, bytes: [UInt8](head.utf8))
    }

    /// A request of an action, with its arguments in the order in which the service names them (UPnP Device Architecture 1.1,
    /// §3.2.1).
    static func action(
        _ name: String, _ arguments: [(String, String)] = [], of description: DeviceDescription, number: Int
    ) -> IgdQuestion {
        let inside = arguments.map { "<\($0.0)>\($0.1)</\($0.0)>" }.joined()
        let body = """
            <?xml version="1.0"?>\r
            <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" \
            s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>\
            <u:\(name) xmlns:u="\(description.service)">\(inside)</u:\(name)></s:Body></s:Envelope>\r\n
            """
        let head = """
            POST \(description.control.path) HTTP/1.1\r
            Host: \(description.control.endpoint)\r
            Connection: close\r
            Content-Type: text/xml; charset="utf-8"\r
            Content-Length: \(body.utf8.count)\r
            SOAPAction: "\(description.service)#\(name)"\r
            \r\n
            """
        return IgdQuestion(
            number: number, endpoint: description.control.endpoint, bytes: [UInt8](head.utf8) + [UInt8](body.utf8))
    }
}
