import Platform

/// A loopback network of this run's own: a network namespace of Linux, made by `unshare`, in which the run may filter and
/// delay datagrams without touching anybody else's. It ends with its last process, whatever that died of.
///
/// Root may make one, and on most systems everybody may who makes a user namespace first. The program starts itself again in
/// it, as the same process.
public enum Isolation {
    /// Set for the program that runs inside: the namespace that it was started from.
    private static let variable = "ROOST_SCENARIO_ISOLATED"

    /// Whether this process is in a namespace of its own.
    public static var isInside: Bool {
        guard let outside = getenv(variable).map({ String(cString: $0) }), let current else { return false }
        return outside != current
    }

    /// The name of the network namespace that this process is in; nil where the system doesn't tell.
    private static var current: String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
    }

    /// Starts this program again in a namespace, and doesn't return; returns where there is none to be had.
    public static func enter() async {
        #if os(Linux)
            guard !isInside, let current, let lifeline = try? Lifeline() else { return }
            // What is needed inside, tried before there is no way back.
            let test = "ip link set lo up && nft list tables"
            let namespaces =
                geteuid() == 0 ? [["--net"]] : [["--user", "--map-root-user", "--net"]]
            for options in namespaces
            where await Tool.run("unshare", options + ["sh", "-c", test], lifeline: lifeline) == nil {
                setenv(variable, current, 1)
                let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
                let command = ["unshare"] + options + ["sh", "-c", "ip link set lo up && exec \"$0\" \"$@\"", program]
                var argv = (command + CommandLine.arguments.dropFirst()).map { strdup($0) } + [nil]
                execvp("unshare", &argv)
                unsetenv(variable)
            }
        #endif
    }
}
