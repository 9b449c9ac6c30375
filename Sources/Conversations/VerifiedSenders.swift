import Basics

/// Certificates that were verified before. With them, the next envelope of the same sender costs two multiplications on
/// the curve less: a sender's certificate is the same in each of their envelopes.
public struct VerifiedSenders: Sendable {
    /// Peer ID, identity key and signature, as they were verified. The one longest unused first.
    private var certificates: [[UInt8]] = []

    public init() {}

    /// Whether exactly these bytes were verified before.
    package mutating func contains(_ certificate: [UInt8]) -> Bool {
        guard let index = certificates.firstIndex(of: certificate) else { return false }
        certificates.append(certificates.remove(at: index))
        return true
    }

    /// Remembers that these bytes were verified. If full, the one longest unused is evicted.
    package mutating func insert(_ certificate: [UInt8]) {
        if certificates.count >= Limits.verifiedSenders { certificates.removeFirst() }
        certificates.append(certificate)
    }
}
