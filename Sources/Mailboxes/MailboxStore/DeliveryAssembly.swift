import Wire

/// The result of adding a chunk of an envelope delivered straight to its recipient.
public enum DeliveryAssembly: Hashable, Sendable {
    /// These chunks have arrived.
    case partial(UInt128)
    /// The whole envelope: its hash is the announced ID and its expiry is acceptable. The sealed part is not verified.
    case whole([UInt8])
    /// Not taken.
    case refused(RefusalReason)
}
