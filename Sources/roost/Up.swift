import ArgumentParser
import Basics
import ControlAPI
import Dispatch
import Logging
import Operations
import Platform
import RoostService
import WebPage

/// `roost up`: runs the node in the foreground until it is told to end.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run your node in the foreground.",
        discussion: """
            Makes the data directory and the keys at first run. As soon as the node listens and its API answers, one line \
            is printed: `ready node=ID udp=ADDRESS:PORT api=SOCKET`; joining the network goes on. Ctrl-C or SIGTERM end it.

            EXAMPLES
              roost up                        # the first node of a network
              roost up --data /tmp/second --listen 127.0.0.1:0 --bootstrap 127.0.0.1:7337
                                              another, on the same machine, that joins through it
              roost up --bootstrap dns:example.org
                                              joins through the nodes that example.org lists
              roost up --power low            on a battery: wakes the machine once in some minutes

            Every setting is also read from a variable, such as ROOST_LOG_LEVEL (lists separated by commas), and from a \
            file of JSON, such as {"bootstrap": ["bootstrap.example.org:7337"], "log-level": "info"}. Flags win over \
            variables, and variables over the file. Where `roost passphrase` has sealed the keys, the passphrase is that of \
            --passphrase-file, or $ROOST_PASSPHRASE, or asked for.

            \(ExitStatus.help([.done: "it was told to end, and has",
                .cannotCreate: "the directory or a port is in use, or can't be made",
                .inputOutput: "the disk failed, or what is on it is damaged",
                .notPermitted: "the passphrase of the keys is wrong, or not permitted"], .badConfiguration))
            """)

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 takes any free one. May be repeated (default: 0.0.0.0:7337 and [::]:7337).",
            valueName: "host:port"))
    var listen: [String] = []

    @Option(
        help: ArgumentHelp(
            "A node to join through, or dns:DOMAIN for a list of such nodes in the DNS. May be repeated.",
            valueName: "[key@]host:port"))
    var bootstrap: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file of settings (default: $ROOST_CONFIG, or config.json in the data directory).", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("The network's name: nodes of other networks are not heard.", valueName: "name"))
    var network: String?

    @Option(
        help: ArgumentHelp(
            """
            Who may read where this node is reached, and so send straight to it: everyone, accepted (people you have \
            written to) or nobody. Mail of others takes the mailbox (default: accepted).
            """,
            valueName: "who"))
    var endpoints: String?

    @Option(
        help: ArgumentHelp(
            "Whether your router is asked to open the node's port: auto, where that is of use, or off (default: auto).",
            valueName: "how"))
    var portMapping: String?

    @Flag(help: "Neither look for nodes in the local network, nor be found there by itself.")
    var noLan = false

    @Option(
        help: ArgumentHelp(
            "Whether others hear that you have read what they wrote: on or off. Who doesn't tell isn't told either (default: as chosen last, at first on).",
            valueName: "on|off"))
    var readReceipts: String?

    @Option(
        help: ArgumentHelp(
            """
            How often the node may wake this machine for mail: normal, or low on a battery, where mail can come minutes \
            later (default: normal).
            """,
            valueName: "how"))
    var power: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(help: ArgumentHelp("text, for people, or json, one object a line.", valueName: "format"))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "Show figures to Prometheus over TCP, on the loopback unless an address is given (recommended: 9337).",
            valueName: "[host:]port"))
    var metrics: String?

    @Option(
        help: ArgumentHelp(
            """
            Answer the API over TCP as well, on the loopback only, to programs that show the token in api-token in the \
            data directory.
            """,
            valueName: "[host:]port"))
    var api: String?

    @Flag(
        help: ArgumentHelp("End when standard input ends: with the program that started this one.", visibility: .hidden)
    )
    var untilStdinCloses = false

    @OptionGroup var passphrases: PassphraseOptions
    @OptionGroup var data: DataOptions

    /// A clean end takes no longer.
    private static let stopPatience = 4.5

    func run() async throws {
        let stop = StopRequest()
        if untilStdinCloses { stop.requestWhenInputEnds() }
        let directory = try data.directory()
        let settings = try settings(in: directory)
        let passphrase = try KeyPassphrase.ifNeeded(in: directory, passphrases)
        LoggingSystem.bootstrap { _ in LogOutput(format: settings.logFormat, level: settings.logLevel) }
        let logger = Logger(label: "roost")
        let manager = ServiceManager()

        let configuration = ServiceConfiguration(
            dataDirectory: directory, listen: settings.listen, bootstrap: settings.bootstrap, network: settings.network,
            endpointReaders: settings.endpoints, portMapping: settings.portMapping,
            localDiscovery: settings.localDiscovery,
            bootstrapLists: settings.bootstrapLists, tellsOfReading: settings.readReceipts, power: settings.power)
        let figures = Figures()
        let node: RoostNode
        do throws(ServiceError) {
            node = try await RoostNode.start(
                configuration, logger: logger, metrics: figures.factory, passphrase: passphrase)
        } catch {
            throw Failure(error)
        }
        let book = AddressBook(directory: directory)
        book.removeDrafts()
        let web = WebServer(memory: .file(in: directory))
        let backend = ServiceBackend(
            node: node, book: book, presentNames: PresentNames(directory: directory), stop: stop, figures: figures,
            web: web, changes: await ChangeLog.kept(of: node))
        let server = ControlServer(socketPath: try data.socketPath(), backend: backend) { [logger] in
            logger.warning("\($0)")
        }
        do throws(ControlError) {
            try await server.start()
        } catch {
            await node.stop()
            throw Failure(error.code == .badInput ? .badConfiguration : .cannotCreate, error.message)
        }
        let scrapes: MetricsListener?
        let port: ControlPort?
        do throws(Failure) {
            port = try await listenForPrograms(at: settings.api, in: directory, backend)
            scrapes = try await listenForScrapes(at: settings.metrics, backend)
        } catch {
            await node.stop { await server.stop() }
            throw error
        }
        await web.begin(backend)
        let listening = node.endpoints.map(\.description).joined(separator: ",")
        logger.notice("The node has started", metadata: ["version": "\(Version.text)", "listens": "\(listening)"])
        announce(node, api: server.socketPath, metrics: scrapes?.endpoint, logger)
        manager.tell(.ready)

        let watch = Task { if await node.waitForFailure() != nil { stop.request("what it has can't be kept") } }
        defer { watch.cancel() }
        let reason = await stop.wait()
        DispatchQueue.global().asyncAfter(deadline: .now() + Up.stopPatience) {
            Failure(.inputOutput, "The node did not end in time and was cut short; what was accepted is on disk.").end()
        }
        logger.notice("The node ends", metadata: ["reason": "\(reason)"])
        manager.tell(.stopping)
        await scrapes?.stop()
        await port?.stop()
        await web.stop()
        await node.stop { await server.stop() }
        if let error = await node.failure { throw Failure(error) }
    }

    private func settings(in directory: String) throws(Failure) -> Settings {
        let flags: [Setting: [String]] = [
            .listen: listen, .bootstrap: bootstrap, .network: network.map { [$0] } ?? [],
            .logLevel: logLevel.map { [$0] } ?? [], .logFormat: logFormat.map { [$0] } ?? [],
            .metrics: metrics.map { [$0] } ?? [], .endpoints: endpoints.map { [$0] } ?? [],
            .portMapping: portMapping.map { [$0] } ?? [], .lan: noLan ? ["off"] : [], .api: api.map { [$0] } ?? [],
            .readReceipts: readReceipts.map { [$0] } ?? [],
            .power: power.map { [$0] } ?? [],
        ]
        do throws(SettingsError) {
            return try Settings.read(
                flags: flags, environment: ProcessInfo.processInfo.environment, file: config,
                defaultFile: directory + "/config.json")
        } catch {
            throw Failure(error.isUsage ? .usage : .badConfiguration, error.sentence)
        }
    }

    private func listenForScrapes(
        at endpoint: Endpoint?, _ backend: ServiceBackend
    ) async throws(Failure) -> MetricsListener? {
        guard let endpoint else { return nil }
        do throws(ServiceError) {
            return try await MetricsListener.start(at: endpoint) { try? await backend.metrics() }
        } catch {
            throw Failure(error)
        }
    }

    /// Says on standard error where the API is, and how it is asked there.
    private func listenForPrograms(
        at endpoint: Endpoint?, in directory: String, _ backend: ServiceBackend
    ) async throws(Failure) -> ControlPort? {
        guard let endpoint else { return nil }
        let token = try ApiToken(in: directory)
        let port: ControlPort
        do throws(ControlError) {
            port = try await ControlPort.start(
                host: endpoint.host, port: Int(endpoint.port), token: token.text, backend: backend)
        } catch {
            throw Failure(.cannotCreate, error.message)
        }
        let address = endpoint.with(port: UInt16(port.port)).description
        Terminal.news(
            "roost: The API is at http://\(address) as well, for who has the token in \(token.file). For example:")
        Terminal.news(token.example(at: address))
        return port
    }

    /// The one line on standard output. The daemon also runs if that has no reader.
    private func announce(_ node: RoostNode, api: String, metrics: Endpoint?, _ logger: Logger) {
        let endpoints = node.endpoints.map(\.description).joined(separator: ",")
        let scrapes = metrics.map { " metrics=\($0)" } ?? ""
        do throws(Failure) {
            try Terminal.writeLine("ready node=\(node.nodeID.hex) udp=\(endpoints) api=\(api)\(scrapes)")
        } catch {
            let reason = error.sentence.isEmpty ? "Nobody reads it." : error.sentence
            logger.warning("The ready line could not be written: \(reason)")
        }
    }
}
