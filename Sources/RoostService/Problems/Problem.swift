/// Something that is wrong with a node, its machine or its network, and that a person can do something about.
///
/// There is one list of problems, made by `ProblemList`; the page, the API, the log and the metrics show it and make none
/// of their own.
public struct Problem: Hashable, Sendable {
    /// What is wrong, for a program to compare. The raw values are part of the interface and never change; the order is that
    /// of the list, the worst first.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// The disk takes nothing new.
        case disk
        /// The disk has little left, and takes nothing more for others.
        case diskNearlyFull = "disk-nearly-full"
        /// Something in the store was found damaged and counts as lost.
        case damagedStore = "damaged-store"
        /// A key file was removed while the node runs.
        case keysMissing = "keys-missing"
        /// A key file is open although another is sealed by a passphrase.
        case keyOpen = "key-open"
        /// Another program uses the person's keys.
        case secondCopy = "second-copy"
        /// Most other nodes have another civil time than this machine.
        case clock
        /// The system refuses all that the node sends: it has no way to the network.
        case networkUnreachable = "network-unreachable"
        /// At the address of a bootstrap node another node answers than the one that was named.
        case bootstrapKey = "bootstrap-key"
        /// The name of a bootstrap node has no address.
        case bootstrapUnresolved = "bootstrap-unresolved"
        /// None of the nodes through which this one was to join has answered.
        case bootstrapSilent = "bootstrap-silent"
        /// No other node was named, and none is known.
        case noBootstrapGiven = "no-bootstrap-given"
        /// Other nodes were known, and none answers any more.
        case alone
        /// Small datagrams arrive and large ones don't.
        case pathMTU = "path-mtu"
        /// Third nodes can't connect to this one.
        case notReached = "not-reached"
        /// An address block brings or asks more than it may.
        case flooded
        /// The node keeps as much for others as it may.
        case nodeFull = "node-full"
        /// The inbox takes no more messages.
        case inboxFull = "inbox-full"
        /// Mail waits that can't be opened with the keys that are here.
        case unopenedMail = "unopened-mail"
        /// A message has been nowhere but here for long.
        case outboxWaiting = "outbox-waiting"
    }

    public let code: Code
    /// What is wrong: one plain sentence.
    public let message: String
    /// What to do about it: one or two plain sentences.
    public let advice: String

    package init(_ code: Code, _ message: String, advice: String) {
        self.code = code
        self.message = message
        self.advice = advice
    }
}

extension Problem.Code {
    /// How much it matters.
    enum Severity {
        /// Worth knowing; it may well be meant so.
        case notice
        /// It may need a person's attention.
        case warning
        /// It needs a person's attention.
        case error
        /// Something is lost, or soon will be.
        case critical
    }

    var severity: Severity {
        switch self {
        case .noBootstrapGiven, .outboxWaiting, .flooded, .nodeFull: .notice
        case .diskNearlyFull, .clock, .networkUnreachable, .bootstrapUnresolved, .bootstrapSilent, .alone, .pathMTU,
            .notReached,
            .unopenedMail:
            .warning
        case .disk, .keyOpen, .bootstrapKey, .inboxFull: .error
        case .damagedStore, .keysMissing, .secondCopy: .critical
        }
    }

    /// What is said when it is over: one plain sentence.
    var relief: String {
        switch self {
        case .disk: "The disk takes what is written again."
        case .diskNearlyFull: "The disk has room for what others leave here again."
        case .damagedStore: "Nothing in the store is damaged any more."
        case .keysMissing: "The key files are there again."
        case .keyOpen: "Both keys are kept alike again."
        case .secondCopy: "No other program uses this person's keys any more."
        case .clock: "This machine's clock agrees with others' again."
        case .networkUnreachable: "The system takes what the node sends again."
        case .bootstrapKey: "The node has joined; the bootstrap node with another key is not needed."
        case .bootstrapUnresolved: "The names of the bootstrap nodes can be resolved now."
        case .bootstrapSilent: "The node has found others."
        case .noBootstrapGiven: "Another node is known: this one is no longer by itself."
        case .alone: "Other nodes answer again."
        case .pathMTU: "Large datagrams arrive again."
        case .notReached: "Others reach this node: it serves the network."
        case .flooded: "No address block brings or asks more than it may any more."
        case .nodeFull: "The node has room for what others leave with it again."
        case .inboxFull: "The inbox takes messages again."
        case .unopenedMail: "No mail waits any more that can't be opened."
        case .outboxWaiting: "No message has been nowhere but here for long."
        }
    }
}
