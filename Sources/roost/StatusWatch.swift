import ArgumentParser
import ControlAPI
import Platform
import StatusView

/// `roost status --watch`: asks the daemon repeatedly, and shows its state until the user ends it.
struct StatusWatch {
    let daemon: Daemon
    let interval: Duration
    let asJSON: Bool

    private enum Event: Sendable {
        case answered(StatusReport)
        case unanswered(String)
        case news(String)
        case signalled(Int32)
        case key(UInt8)
    }

    /// A daemon that takes longer to answer is shown as one that doesn't.
    private static let patience = Duration.seconds(5)
    /// Events that wait while a slow terminal is written to.
    private static let backlog = 64

    /// Returns, or throws an exit code, when it is to end. Without a daemon at the beginning it fails as any command does.
    func run() async throws {
        let first = try await daemon.ask { try await $0.status() }
        let begun = ContinuousClock.now
        let (events, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(StatusWatch.backlog))
        let isLive = !asJSON && isatty(STDOUT_FILENO) == 1
        // The others end the program as they end any that draws nothing.
        if isLive { listen(continuation) }
        let tasks = [
            Task { await ask(after: first, continuation) },
            Task { if isLive { await follow(continuation) } },
        ]
        defer { for task in tasks { task.cancel() } }
        var page = WatchPage()
        let screen = isLive ? LiveScreen(style: Terminal.style) : nil
        try screen?.enter()
        defer { screen?.leave() }
        var isGone = false
        for await event in events {
            switch event {
            case .answered(let report):
                page.record(report, at: ContinuousClock.now - begun, Date())
                if isGone, asJSON { Terminal.news("roost: It is running again.") }
                isGone = false
            case .unanswered(let sentence):
                page.recordGone(sentence, Date())
                if !isGone, asJSON { Terminal.news("roost: \(sentence)") }
                isGone = true
            case .news(let text): page.record(text, Date())
            case .key(let key): if key == UInt8(ascii: "q") { return }
            case .signalled(SIGWINCH): break
            case .signalled(SIGTSTP):
                screen?.leave()
                // Of this thread: it stops before the next line, which a signal to the process need not.
                raise(SIGSTOP)
                try screen?.enter()
            case .signalled(let number): throw ExitCode(128 + number)
            }
            if let screen {
                try screen.draw(page)
            } else if case .answered(let report) = event, asJSON {
                try Terminal.write(json: report)
            } else if !asJSON {
                try Terminal.writeLine(page.line)
            }
        }
    }

    // MARK: Where events come from

    /// Of an ID so much that one knows it again: what became of the message is to fit behind it.
    private func short(_ name: String) -> String { name.count > 24 ? name.prefix(16) + "…" : name }

    private func ask(after first: StatusReport, _ events: AsyncStream<Event>.Continuation) async {
        events.yield(.answered(first))
        while (try? await Task.sleep(for: interval)) != nil {
            do {
                events.yield(.answered(try await daemon.ask(within: StatusWatch.patience) { try await $0.status() }))
            } catch let failure as Failure {
                events.yield(.unanswered(failure.sentence))
            } catch let error as ControlError {
                events.yield(.unanswered(error.isOfDaemonsEnd ? daemon.isNotRunning.sentence : error.message))
            } catch {
                return
            }
        }
    }

    /// Follows news of messages while there is a daemon, and again whenever there is one. Never shows their texts.
    private func follow(_ events: AsyncStream<Event>.Continuation) async {
        let peers = PeerNames(directory: daemon.directory)
        repeat {
            try? await daemon.client.events { event in
                switch event {
                case .received(let message):
                    events.yield(.news("from \(short(peers.shown(message.from))): via \(message.via.name)"))
                case .changed(let message):
                    events.yield(.news("to \(short(peers.shown(message.to.text))): \(Describe.standing(message))"))
                case .sent, .conversation, .draft: break
                }
            }
        } while (try? await Task.sleep(for: interval)) != nil
    }

    private func listen(_ events: AsyncStream<Event>.Continuation) {
        Signals.listen(to: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP]) { events.yield(.signalled($0)) }
        guard isatty(STDIN_FILENO) == 1 else { return }
        DetachedThread.start {
            var key: UInt8 = 0
            while true {
                switch read(STDIN_FILENO, &key, 1) {
                case 1: events.yield(.key(key))
                case -1 where errno == EINTR: continue
                default: return
                }
            }
        }
    }
}
