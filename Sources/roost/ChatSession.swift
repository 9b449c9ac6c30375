import ArgumentParser
import ChatView
import ControlAPI
import Platform

/// `roost chat` while it goes on: brings keys, signals and the daemon's answers to a `Chat`, and draws it.
struct ChatSession {
    let daemon: Daemon
    let peers: PeerNames
    /// Whether the wheel of a mouse scrolls.
    let takesMouse: Bool

    /// What follows an escape character later than that is another key. Terminals send sequences at once; networks may cut them.
    private static let escapePause = Duration.milliseconds(60)
    /// What was typed is kept when nothing has followed for so long.
    private static let rest = Duration.seconds(1)
    /// At the end, the daemon has so long to keep it.
    private static let keepingPatience = Duration.seconds(2)
    /// The screen is drawn so often at least while much happens.
    private static let longestUndrawn = Duration.milliseconds(50)

    /// Returns, or throws an exit code, when it is to end. Without a daemon at the beginning it fails as any command does.
    func run(opening peer: String?) async throws {
        let status = try await daemon.ask { try await $0.status() }
        let queue = ChatQueue()
        Signals.listen(to: [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT]) { queue.add(.signalled($0)) }
        let screen = LiveScreen(style: Terminal.style, for: takesMouse ? .writingWithMouse : .writing)
        try screen.enter()
        defer { screen.leave() }
        let keyboard = Keyboard()
        keyboard.start { queue.add($0.map { .bytes($0) } ?? .inputEnded) }
        let asked = ChatDaemon(daemon: daemon, queue: queue)
        let (messages, outbox) = AsyncStream.makeStream(of: ChatRequest.self)
        let (texts, drafts) = AsyncStream.makeStream(of: ChatRequest.self)
        let keeping = Task { await asked.keep(texts) }
        let tasks = [Task { await asked.follow() }, Task { await asked.send(messages) }, keeping]
        defer { for task in tasks { task.cancel() } }
        var chat = chat(status.id.text, opening: peer)
        do {
            try await converse(&chat, queue, screen, keyboard) { request in
                switch request {
                case .send: outbox.yield(request)
                case .keepDraft: drafts.yield(request)
                default: Task { await asked.ask(request) }
                }
            }
        } catch {
            // A signal ends it, or the terminal is gone: what was typed is kept all the same.
            await end(keeping, drafts, with: chat.unkept)
            throw error
        }
        await end(keeping, drafts, with: chat.unkept)
    }

    private func chat(_ me: String, opening peer: String?) -> Chat {
        let peers = peers
        let prefix = "chat-" + String(UInt64.random(in: .min ... .max), radix: 16)
        let size = LiveScreen.size
        return Chat(
            Chat.Setting(me: me, name: { peers.name(of: $0) }, keyPrefix: prefix),
            columns: size.columns, rows: size.rows, opening: peer)
    }

    /// Waits until the last texts are kept, behind those under way, or for as long as there is patience.
    private func end(
        _ keeping: Task<Void, Never>, _ drafts: AsyncStream<ChatRequest>.Continuation, with requests: [ChatRequest]
    ) async {
        for request in requests { drafts.yield(request) }
        drafts.finish()
        let patience = Task {
            // It is over: what is still asked is given up.
            if (try? await Task.sleep(for: ChatSession.keepingPatience)) != nil { keeping.cancel() }
        }
        await keeping.value
        patience.cancel()
    }

    private func converse(
        _ chat: inout Chat, _ queue: ChatQueue, _ screen: LiveScreen, _ keyboard: Keyboard, _ ask: (ChatRequest) -> Void
    ) async throws {
        var reader = KeyReader()
        var bytesRead = 0
        var drawn = ContinuousClock.now
        try screen.draw(chat.page(now: Date()), columns: LiveScreen.size.columns)
        for await event in queue.events {
            let isLast = queue.took()
            var events: [ChatEvent] = []
            switch event {
            case .chat(let event): events = [event]
            case .bytes(let bytes):
                let wasPasting = reader.isPasting
                events = reader.read(bytes).map { .key($0) }
                if reader.isPasting != wasPasting { events.append(.pasting(reader.isPasting)) }
                bytesRead += 1
                if reader.isWaiting { wait(ChatSession.escapePause, queue, .pause(bytesRead)) }
                wait(ChatSession.rest, queue, .rest(bytesRead))
                keyboard.use()
            case .pause(let number):
                if number == bytesRead { events = reader.pause().map { .key($0) } }
            case .rest(let number): events = number == bytesRead ? [.rested] : []
            case .inputEnded: throw ExitCode(128 + SIGHUP)
            case .signalled(SIGWINCH):
                let size = LiveScreen.size
                events = [.resized(columns: size.columns, rows: size.rows)]
            case .signalled(SIGTSTP): try suspend(screen)
            case .signalled(SIGCONT): try screen.renew()
            case .signalled(let number): throw ExitCode(128 + number)
            }
            for directive in events.flatMap({ chat.handle($0, now: Date()) }) {
                switch directive {
                case .ask(let request): ask(request)
                case .redraw: screen.forget()
                case .suspend: try suspend(screen)
                case .leave: return
                }
            }
            guard isLast || ContinuousClock.now - drawn > ChatSession.longestUndrawn else { continue }
            try screen.draw(chat.page(now: Date()), columns: chat.size.columns)
            drawn = ContinuousClock.now
        }
    }

    private func wait(_ pause: Duration, _ queue: ChatQueue, _ event: ChatQueue.Event) {
        Task {
            try? await Task.sleep(for: pause)
            queue.add(event)
        }
    }

    private func suspend(_ screen: LiveScreen) throws {
        screen.leave()
        // Of this thread: it stops before the next line, which a signal to the process need not.
        raise(SIGSTOP)
        try screen.enter()
    }
}
