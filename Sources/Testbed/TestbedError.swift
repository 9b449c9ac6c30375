/// Why real nodes can't be had, or be made to do something: one sentence, and what to do.
public struct TestbedError: Error, Equatable {
    /// What kind of mistake it is.
    public enum Kind: Sendable {
        /// What was asked for can't be: too many for this machine, no such containers.
        case demand
        /// Something could not be made or started.
        case creation
    }

    public var kind: Kind
    public var sentence: String

    public init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        self.sentence = sentence
    }
}
