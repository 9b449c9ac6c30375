import ControlAPI

extension StatusReport {
    /// After so many seconds a node that has not joined, or knows nobody, is worth a word.
    static let patience = 60
    /// After so many seconds a message that is nowhere but here is.
    static let outboxPatience = 300

    /// What is wrong and what to do about it, the worst first: a sentence or two each.
    public var problems: [String] {
        var problems = warnings
        if state == .joining, uptimeSeconds >= StatusReport.patience {
            problems.append(
                "The node has not joined a network for \(Amount.time(seconds: uptimeSeconds)): check that this machine is "
                    + "online, and that --bootstrap names nodes that run. It keeps trying.")
        } else if state == .ready, contacts == 0, uptimeSeconds >= StatusReport.patience {
            problems.append(
                "No other node is known: this one is the first of its network, or the others are gone. Start others "
                    + "with --bootstrap, and name this one to them.")
        }
        if reachable == false {
            let port = endpoints.first?.split(separator: ":").last.map { " \($0)" } ?? ""
            problems.append(
                "Others can't connect to this node: open UDP port\(port) in the firewall, or forward it in the router. "
                    + "Until then messages come through mailboxes.")
        }
        if let seconds = oldestQueuedSeconds, seconds >= StatusReport.outboxPatience {
            let count = outboxByState?.queued ?? 1
            problems.append(
                (count == 1
                    ? "A message has been nowhere but here for \(Amount.time(seconds: seconds))"
                    : "\(count) messages are nowhere but here, one for \(Amount.time(seconds: seconds))")
                    + ": `roost outbox` says which; they go on as soon as buddies can be reached.")
        }
        return problems
    }
}
