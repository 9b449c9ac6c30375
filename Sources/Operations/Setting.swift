import Basics
import RoostService

/// A setting of `roost up`: what it is called in each place where it can be set. docs/configuration.md is checked against it.
public enum Setting: String, CaseIterable, Sendable {
    case data, config, listen, bootstrap, network, endpoints, metrics
    case portMapping = "port-mapping"
    case logLevel = "log-level"
    case logFormat = "log-format"
    case lan
    case api
    case readReceipts = "read-receipts"
    case power

    /// What a value looks like.
    public enum Shape: Sendable {
        case text
        /// In variables separated by commas, in the file a list; a flag is repeated.
        case list
    }

    /// On the command line.
    public var flag: String { self == .lan ? "--no-lan" : "--" + rawValue }

    /// In the environment.
    public var variable: String { "ROOST_" + rawValue.uppercased().replacing("-", with: "_") }

    /// Its name in the file; nil for settings that are needed to find the file.
    public var field: String? { self == .data || self == .config ? nil : rawValue }

    public var shape: Shape { self == .listen || self == .bootstrap ? .list : .text }

    /// The settings that the file may hold.
    public static let fields = allCases.filter { $0.field != nil }

    /// The value that holds if it is set nowhere, for people.
    public var defaultText: String {
        switch self {
        case .data: "`~/.local/share/roost`"
        case .config: "`config.json` in the data directory, if there is one"
        case .listen: "`0.0.0.0:7337` and `[::]:7337`"
        case .bootstrap: "none"
        case .network: "`main`"
        case .endpoints: "`accepted`"
        case .portMapping: "`auto`"
        case .lan: "`on`"
        case .metrics: "none"
        case .logLevel: "`notice`"
        case .logFormat: "`text`"
        case .api: "none"
        case .readReceipts: "as chosen last, at first `on`"
        case .power: "`normal`"
        }
    }

    /// What a value in the file has to be.
    public var allowed: String {
        switch self {
        case .data, .config: "the path of a file or directory"
        case .listen: #"a list of 1 to \#(Setting.mostValues) texts such as "0.0.0.0:7337" or "[::]:7337""#
        case .bootstrap:
            #"a list of up to \#(Setting.mostValues) texts such as "host:7337", "key@host:7337", "[ADDRESS]:7337" or "dns:DOMAIN""#
        case .metrics: #"a text such as "9337" or "0.0.0.0:9337""#
        case .network: "a text of 1 to \(Setting.longestNetwork) bytes, of characters that are seen"
        case .endpoints: "one of " + EndpointReaders.allCases.map(\.rawValue).joined(separator: ", ")
        case .portMapping: "one of " + MappingSetting.allCases.map(\.rawValue).joined(separator: ", ")
        case .lan, .readReceipts: "on or off"
        case .power: "one of " + PowerSetting.allCases.map(\.rawValue).joined(separator: ", ")
        case .logLevel: "one of " + LogLevels.names.joined(separator: ", ")
        case .api: #"a text such as "7338" or "127.0.0.1:7338""#
        case .logFormat: "one of " + LogFormat.allCases.map(\.rawValue).joined(separator: ", ")
        }
    }

    /// What it does.
    public var summary: String {
        switch self {
        case .data: "the directory of the keys, the mail and the API's socket; names the node for every other command"
        case .config: "the file of settings"
        case .listen: "where to listen for datagrams, `ADDRESS:PORT`; port 0 takes any free one"
        case .bootstrap:
            "nodes to join through, `HOST:PORT`, `KEY@HOST:PORT` to accept only that key there, or `dns:DOMAIN` for a [list in the DNS](operations.md#a-list-of-bootstrap-nodes)"
        case .network: "the network's name: nodes of other networks are not heard"
        case .endpoints:
            "who may read where this node is reached, and so send straight to it: `everyone` who knows the ID, `accepted` people, whom you have written to, or `nobody`"
        case .portMapping:
            "whether the router at home is asked to open the node's port by PCP, NAT-PMP or UPnP: `auto`, where that is of use, or `off`"
        case .lan:
            "whether nodes of one local network find each other by themselves, by mDNS: `on` or `off`; what that tells others there is in the [threat model](threat-model.md#what-holds)"
        case .metrics: "where figures are shown to Prometheus, `[ADDRESS:]PORT`; a port alone is one of the loopback"
        case .logLevel: "the least important level that is logged: see [Levels](#levels)"
        case .api:
            "where programs of this machine find the API over TCP, beside its socket, with the token in `api-token` in the data directory: `[ADDRESS:]PORT` of the loopback"
        case .readReceipts:
            "whether others hear that you have read what they wrote: `on` or `off`; who doesn't tell isn't told either. `roost receipts`, the page and the API change it until the next start, or for good where it isn't set here"
        case .power:
            "how often the node may wake the machine for mail: `normal`, or `low` on a battery, where mail can come [minutes later](operations.md#on-a-battery)"
        case .logFormat: "`text` for people, `json` for programs: see [Logs](#logs)"
        }
    }

    /// Its row in docs/configuration.md.
    public var row: String {
        let form = shape == .list ? "list" : "text"
        let place = field.map { "`\"\($0)\"`, \(form)" } ?? "–"
        return "| \(rawValue) | `\(flag)` | `\(variable)` | \(place) | \(defaultText) | \(summary) |"
    }

    /// More addresses than a machine has uses for; each takes a socket, or a request.
    static let mostValues = 64
    /// The name goes into every handshake's hash; it is written by people.
    static let longestNetwork = 255
}
