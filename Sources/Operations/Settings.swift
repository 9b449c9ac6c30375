import Basics
import Logging
import Platform
import RoostService

/// What `roost up` runs with: flags over ROOST_* variables over a file.
public struct Settings: Equatable, Sendable {
    public var listen: [Endpoint]
    public var bootstrap: [BootstrapAddress]
    public var bootstrapLists: [BootstrapList]
    public var network: String
    public var endpoints: EndpointReaders
    public var portMapping: MappingSetting
    public var localDiscovery: Bool
    public var power: PowerSetting
    /// Where scrapers are answered over TCP; nil: nowhere.
    public var metrics: Endpoint?
    /// Where the API is answered over TCP, on the loopback; nil: nowhere.
    public var api: Endpoint?
    public var logLevel: Logger.Level
    public var logFormat: LogFormat
    /// Whether others hear what was read; nil: as it was chosen last.
    public var readReceipts: Bool?

    /// - Parameters:
    ///   - flags: What was given on the command line; a setting that is absent there is sought further.
    ///   - environment: All variables. An empty one counts as none.
    ///   - file: The file that was named, which has to be there.
    ///   - defaultFile: The one that is read where none was named and it is there.
    public static func read(
        flags: [Setting: [String]], environment: [String: String], file: String?, defaultFile: String
    ) throws(SettingsError) -> Settings {
        var layers = [Layer(.flag, flags.filter { !$0.value.isEmpty }), Layer.environment(environment)]
        let named = file ?? environment[Setting.config.variable].flatMap { $0.isEmpty ? nil : $0 }
        if let path = named ?? (FileManager.default.fileExists(atPath: defaultFile) ? defaultFile : nil) {
            layers.append(Layer(.file(path), try SettingsFile.read(path)))
        }
        return try Settings(layers)
    }

    private init(_ layers: [Layer]) throws(SettingsError) {
        func value(of setting: Setting) -> Value? { layers.lazy.compactMap { $0.value(of: setting) }.first }
        func one<Result>(
            _ setting: Setting, _ fallback: Result, _ read: (String) -> Result?
        ) throws(SettingsError) -> Result {
            guard let value = value(of: setting) else { return fallback }
            guard let text = value.texts.last, let result = read(text) else { throw value.isNot(setting) }
            return result
        }
        listen = try Settings.listen(value(of: .listen))
        (bootstrap, bootstrapLists) = try Settings.bootstrap(value(of: .bootstrap))
        network = try one(.network, "main") { Settings.isNetwork($0) ? $0 : nil }
        endpoints = try one(.endpoints, .accepted) { EndpointReaders(rawValue: $0.lowercased()) }
        portMapping = try one(.portMapping, .auto) { MappingSetting(rawValue: $0.lowercased()) }
        localDiscovery = try one(.lan, true) { ["on": true, "off": false][$0.lowercased()] }
        power = try one(.power, .normal) { PowerSetting(rawValue: $0.lowercased()) }
        metrics = try value(of: .metrics).map { value throws(SettingsError) in try Settings.metrics(value) }
        api = try value(of: .api).map { value throws(SettingsError) in try Settings.api(value) }
        logLevel = try one(.logLevel, .notice) { Logger.Level(rawValue: $0.lowercased()) }
        logFormat = try one(.logFormat, .text) { LogFormat(rawValue: $0.lowercased()) }
        readReceipts = try one(.readReceipts, nil) { ["on": true, "off": false][$0.lowercased()] }
    }

    /// People write it down for one another: a character that isn't seen would make another network of the same name.
    private static func isNetwork(_ text: String) -> Bool {
        (1...Setting.longestNetwork).contains(text.utf8.count) && SeenText.firstUnseen(in: text) == nil
    }

    private static func listen(_ value: Value?) throws(SettingsError) -> [Endpoint] {
        guard let value else { return ServiceConfiguration.defaultListen }
        guard (1...Setting.mostValues).contains(value.texts.count) else { throw value.isNot(.listen) }
        var endpoints: [Endpoint] = []
        for text in value.texts {
            guard let endpoint = Settings.endpoint(text) else {
                throw value.error(
                    .listen, "has “\(text)”, which is not ADDRESS:PORT, such as 0.0.0.0:7337 or [::]:7337.")
            }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    /// A port alone means the loopback: metrics are served to everybody only if that was set explicitly.
    private static func metrics(_ value: Value) throws(SettingsError) -> Endpoint {
        guard let endpoint = Settings.port(value) else {
            throw value.error(
                .metrics,
                "has “\(value.texts.last ?? "")”, which is not [ADDRESS:]PORT, such as 9337 or 0.0.0.0:9337.")
        }
        return endpoint
    }

    /// Who reaches the API may do all that its owner may, so no other machine does.
    private static func api(_ value: Value) throws(SettingsError) -> Endpoint {
        guard let endpoint = Settings.port(value), endpoint.isLoopback else {
            throw value.error(
                .api,
                "has “\(value.texts.last ?? "")”, which is not [ADDRESS:]PORT of the loopback, such as 7338 or 127.0.0.1:7338."
            )
        }
        return endpoint
    }

    /// `[ADDRESS:]PORT`, where a port alone is one of the loopback.
    private static func port(_ value: Value) -> Endpoint? {
        let text = value.texts.last ?? ""
        let port = text.hasPrefix(":") ? text.dropFirst() : text.contains(":") ? nil : Substring(text)
        return Settings.endpoint(port.map { "127.0.0.1:\($0)" } ?? text)
    }

    private static func endpoint(_ text: String) -> Endpoint? {
        Endpoint(text.hasPrefix("localhost:") ? "127.0.0.1:" + text.dropFirst("localhost:".count) : text)
    }

    private static func bootstrap(
        _ value: Value?
    ) throws(SettingsError) -> ([BootstrapAddress], [BootstrapList]) {
        guard let value else { return ([], []) }
        guard value.texts.count <= Setting.mostValues else { throw value.isNot(.bootstrap) }
        var addresses: [BootstrapAddress] = []
        var lists: [BootstrapList] = []
        for text in value.texts {
            do throws(ServiceError) {
                if BootstrapList.isMeant(text) {
                    lists.append(try BootstrapList(text))
                } else {
                    addresses.append(try BootstrapAddress(text))
                }
            } catch {
                throw value.error(.bootstrap, "is wrong. \(error.sentence)")
            }
        }
        return (addresses, lists)
    }
}

/// One source of settings, and what it says.
private struct Layer {
    enum Source {
        case flag, environment
        case file(String)
    }

    let source: Source
    private let texts: [Setting: [String]]

    /// Settings without a value are absent.
    init(_ source: Source, _ texts: [Setting: [String]]) {
        self.source = source
        self.texts = texts
    }

    /// `ROOST_LOG_LEVEL` is `log-level`; the values of a list are separated by commas, with blanks around them or not.
    static func environment(_ variables: [String: String]) -> Layer {
        var texts: [Setting: [String]] = [:]
        for setting in Setting.allCases {
            guard let value = variables[setting.variable], !value.isEmpty else { continue }
            switch setting.shape {
            case .text: texts[setting] = [value]
            case .list:
                texts[setting] = value.split(separator: ",", omittingEmptySubsequences: false).map { part in
                    let start = part.drop(while: \.isWhitespace)
                    return String(
                        start[..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.endIndex)])
                }
            }
        }
        return Layer(.environment, texts)
    }

    func value(of setting: Setting) -> Value? { texts[setting].map { Value(texts: $0, source: source) } }
}

/// What was found, and where.
private struct Value {
    let texts: [String]
    let source: Layer.Source

    /// The setting's value is not what is allowed.
    func isNot(_ setting: Setting) -> SettingsError {
        let found = setting.shape == .text ? ", not “\(texts.last ?? "")”" : ""
        return error(setting, "has to be \(setting.allowed)\(found).")
    }

    func error(_ setting: Setting, _ what: String) -> SettingsError {
        switch source {
        case .flag: SettingsError(isUsage: true, "\(setting.flag) \(what)")
        case .environment: SettingsError("The variable \(setting.variable) \(what)")
        case .file(let path): SettingsError("The field \"\(setting.rawValue)\" in \(path) \(what)")
        }
    }
}
