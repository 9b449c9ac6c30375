import Basics
import Foundation
import Logging
import RoostService

/// What `roost up` runs with: flags over ROOST_* variables over a file.
struct Settings: Equatable {
    var listen: [Endpoint]
    var bootstrap: [BootstrapAddress]
    var network: String
    var logLevel: Logger.Level
    /// Where scrapers are answered over TCP; nil for nowhere.
    var metrics: Endpoint?

    /// The names of the settings, in flags (`--log-level`), variables (`ROOST_LOG_LEVEL`) and files (`log-level = info`).
    enum Name: String, CaseIterable {
        case listen, bootstrap, network, metrics
        case logLevel = "log-level"

        var variable: String { "ROOST_" + rawValue.uppercased().replacing("-", with: "_") }
    }

    /// Where a value was written, and so what a mistake in it is called.
    enum Source: Equatable {
        case flag, environment
        case file(String)

        var failureStatus: ExitStatus { self == .flag ? .usage : .badConfiguration }

        func describe(_ name: Name) -> String {
            switch self {
            case .flag: "--\(name.rawValue)"
            case .environment: name.variable
            case .file(let path): "\(name.rawValue) in \(path)"
            }
        }
    }

    /// `flags` holds what was given on the command line; a name that is absent there is sought further.
    init(flags: [Name: [String]], environment: [String: String], file: String?) throws(Failure) {
        let fromFile = try file.map { path throws(Failure) in try Settings.read(path) } ?? [:]
        func values(_ name: Name) -> (values: [String], source: Source)? {
            if let values = flags[name], !values.isEmpty { return (values, .flag) }
            if let text = environment[name.variable], !text.isEmpty { return (Settings.split(text), .environment) }
            if let values = fromFile[name] { return (values, .file(file ?? "")) }
            return nil
        }
        listen = ServiceConfiguration.defaultListen
        if let (texts, source) = values(.listen) {
            listen = []
            for text in texts { listen.append(try Settings.endpoint(text, source)) }
        }
        bootstrap = []
        if let (texts, source) = values(.bootstrap) {
            for text in texts {
                do throws(ServiceError) {
                    bootstrap.append(try BootstrapAddress(text))
                } catch {
                    throw Failure(source.failureStatus, "\(source.describe(.bootstrap)): \(error.sentence)")
                }
            }
        }
        network = values(.network)?.values.last ?? "main"
        logLevel = .notice
        if let (texts, source) = values(.logLevel), let text = texts.last {
            guard let level = Logger.Level(rawValue: text.lowercased()) else {
                let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(source.failureStatus, "\(source.describe(.logLevel)) is one of \(levels), not “\(text)”.")
            }
            logLevel = level
        }
        if let (texts, source) = values(.metrics), let text = texts.last {
            metrics = try Settings.metricsEndpoint(text, source)
        }
    }

    /// A port alone is one of the loopback: metrics are for everybody only where somebody said so.
    private static func metricsEndpoint(_ text: String, _ source: Source) throws(Failure) -> Endpoint {
        let port = text.hasPrefix(":") ? text.dropFirst() : text.contains(":") ? nil : Substring(text)
        let address = port.map { "127.0.0.1:\($0)" } ?? text.replacing(/^localhost:/, with: "127.0.0.1:")
        guard let endpoint = Endpoint(address) else {
            throw Failure(
                source.failureStatus,
                "\(source.describe(.metrics)): “\(text)” is not [ADDRESS:]PORT, such as 9337 or 0.0.0.0:9337.")
        }
        return endpoint
    }

    private static func endpoint(_ text: String, _ source: Source) throws(Failure) -> Endpoint {
        let address = text.hasPrefix("localhost:") ? "127.0.0.1:" + text.dropFirst("localhost:".count) : text
        guard let endpoint = Endpoint(address) else {
            throw Failure(
                source.failureStatus,
                "\(source.describe(.listen)): “\(text)” is not ADDRESS:PORT, such as 0.0.0.0:7337 or [::]:7337.")
        }
        return endpoint
    }

    /// Several values stand in one variable or line separated by commas.
    private static func split(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// Reads lines of `name = value`; `#` begins a comment; a name that occurs again adds to the list.
    private static func read(_ path: String) throws(Failure) -> [Name: [String]] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(.badConfiguration, "The configuration file \(path) can't be read, or is not UTF-8: check it.")
        }
        var values: [Name: [String]] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespacesAndNewlines)
            if line.isEmpty { continue }
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, let name = Name(rawValue: parts[0]) else {
                let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
                throw Failure(
                    .badConfiguration, "\(path), line \(number + 1), is not `name = value` with a name of \(names).")
            }
            values[name, default: []] += split(parts[1])
        }
        return values
    }
}
