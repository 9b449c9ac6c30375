import NodeCore
import PeerCore
import Sessions
import Wire

/// The values of labels. All are names from the code and so of bounded number: none is an ID, an address or a text.
enum MetricLabels {
    /// The name of an enumeration's case, as metrics have names: `unknownRPC` is `unknown_rpc`.
    static func name(_ value: some Any) -> String {
        var name = ""
        var wasLower = false
        for character in "\(value)" {
            if character.isUppercase, wasLower { name += "_" }
            wasLower = !character.isUppercase
            name += character.lowercased()
        }
        return name
    }

    /// All reserved RPC numbers share one label.
    static func rpc(_ kind: RPCKind) -> String { kind.isReserved ? "reserved" : name(kind) }

    static func traffic(_ kind: Traffic.Kind) -> String {
        switch kind {
        case .initiation: "initiation"
        case .hello: "hello"
        case .request(let rpc) where !rpc.isReserved: name(rpc) + "_request"
        case .answer(let rpc) where !rpc.isReserved: name(rpc) + "_answer"
        case .other, .request, .answer: "other"
        }
    }

    /// The counter of an event, and its labels. Nil for what no metric shows.
    static func counter(of event: Activity.Event) -> (name: String, labels: [(String, String)])? {
        switch event {
        case .dropped(.answered), .dropped(.repeated), .dropped(.empty):
            // These were dropped after serving their purpose.
            nil
        case .dropped(let reason): ("roost_datagrams_dropped_total", [("reason", name(reason))])
        case .handshake(let outcome): ("roost_handshakes_total", [("outcome", name(outcome))])
        case .path(let outcome): ("roost_session_paths_total", [("outcome", name(outcome))])
        case .asked(let kind, let outcome):
            // Reserved RPCs are never requested.
            kind.isReserved ? nil : ("roost_rpcs_total", [("kind", name(kind)), ("outcome", name(outcome))])
        case .served(let kind): ("roost_requests_served_total", [("kind", rpc(kind))])
        case .refused(let reason): ("roost_requests_refused_total", [("reason", name(reason))])
        case .brought(let kept, let outcome):
            ("roost_deposits_total", [("object", name(kept)), ("outcome", name(outcome))])
        case .declined(let kept, let reason):
            ("roost_deposits_refused_total", [("object", name(kept)), ("reason", name(reason))])
        case .operation(let operation, let outcome):
            ("roost_operations_total", [("kind", name(operation)), ("outcome", name(outcome))])
        }
    }
}
