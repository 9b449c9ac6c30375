import NodeCore

/// UDP datagrams of a node, and their bytes without headers.
public struct ServiceTraffic: Hashable, Sendable {
    public private(set) var sentDatagrams = 0
    public private(set) var sentBytes = 0
    public private(set) var receivedDatagrams = 0
    public private(set) var receivedBytes = 0

    mutating func add(sent: Traffic.Count, received: Traffic.Count) {
        sentDatagrams += sent.datagrams
        sentBytes += sent.bytes
        receivedDatagrams += received.datagrams
        receivedBytes += received.bytes
    }
}
