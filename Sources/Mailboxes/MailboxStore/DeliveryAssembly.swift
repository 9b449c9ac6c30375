import Wire

/// How a chunk of an envelope brought straight to its recipient was taken.
public enum DeliveryAssembly: Hashable, Sendable {
    /// These chunks have arrived.
    case partial(UInt128)
    /// The whole envelope: its hash is the announced ID and its expiry is sound. What is sealed is not verified.
    case whole([UInt8])
    /// Not taken.
    case refused(RefusalReason)
}
