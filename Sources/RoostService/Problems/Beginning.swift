import Basics

/// How others join a node that knows none: where they find it, as far as its machine knows.
package struct Beginning: Hashable, Sendable {
    /// Where the node listens at this machine's own addresses, the widest scope first.
    package var own: [Endpoint] = []
    /// What the router at home passes on to it, as the router says.
    package var mapped: Endpoint?
    /// Whether nodes of the same local network find it by themselves.
    package var isFoundNearby = false

    package init() {}

    /// What to type on the other machine, or what to do before.
    package var advice: String {
        let outside = mapped ?? own.first { $0.scope == .world }
        let inside = own.first { $0.scope == .site }
        guard outside != nil || inside != nil else { return here }
        let nearby =
            isFoundNearby
            ? "In the same local network start `roost up` on the other machine as well: the two find each other by themselves. "
            : inside.map { "In the same local network start `\(Beginning.command($0))` on the other machine. " } ?? ""
        let elsewhere: String
        if let outside {
            elsewhere =
                "Anywhere else start `\(Beginning.command(outside))` there; UDP port \(outside.port) has to be let in here."
        } else {
            let port = inside?.port ?? 0
            elsewhere =
                "Anywhere else this machine has no address that is known to be reached: have your router pass on UDP port "
                + "\(port) to it, and start `roost up --bootstrap ROUTER:\(port)` there, with the router's address; or join "
                + "a node that can be reached by `--bootstrap` here."
        }
        return nearby + elsewhere
    }

    /// For a node that no other machine can reach.
    private var here: String {
        let place = own.first.map { "`--bootstrap \($0)`" } ?? "`--bootstrap` and its address"
        return
            "It listens for this machine alone: others here join it with \(place). To have other machines join, start it "
            + "without `--listen`; to join them, with `--bootstrap ADDRESS:PORT`."
    }

    private static func command(_ endpoint: Endpoint) -> String { "roost up --bootstrap \(endpoint)" }
}
