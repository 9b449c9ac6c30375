import ControlAPI
import Simulation

/// A person with a node of their own, who writes and reads through its API like everybody, and tells the chronicle.
public actor Person {
    nonisolated let number: Int
    nonisolated let daemon: Daemon
    private nonisolated let chronicle: Chronicle

    /// Letters that their daemon has not accepted yet, oldest first.
    private var unsent: [Letter] = []
    private var watching: Task<Void, Never>?
    private var posting: Task<Void, Never>?
    /// Their ID, `roost1…`, once their node has run.
    private(set) var id: String?
    /// Whether their machine is on.
    private(set) var isOnline = false
    /// Rises with each coming and going: work begun in an earlier presence is void.
    private var presence = 0

    /// The pause between two attempts to hand over what the daemon did not take.
    private static let pause = Duration.milliseconds(500)

    init(number: Int, daemon: Daemon, chronicle: Chronicle) {
        self.number = number
        self.daemon = daemon
        self.chronicle = chronicle
    }

    /// Switches the machine on.
    func comeOnline(bootstrap: [String]) async throws(TestbedError) {
        guard !isOnline else { return }
        isOnline = true
        presence += 1
        let now = presence
        do throws(TestbedError) {
            try await daemon.start(bootstrap: bootstrap)
        } catch {
            // Who is switched off while their machine starts has not failed to come back.
            guard presence == now else { return }
            throw error
        }
        guard presence == now else { return }
        if id == nil {
            do throws(ControlError) {
                id = try await daemon.client.status().id.text
            } catch {
                throw TestbedError(.creation, "The node of person \(number) does not answer: \(error.message)")
            }
        }
        chronicle.setOnline(number, true)
        watching = Task { await self.watch(now) }
        post()
    }

    /// Switches it off: by SIGTERM, or without a word.
    func goAway(abruptly: Bool) async {
        guard isOnline else { return }
        isOnline = false
        presence += 1
        chronicle.setOnline(number, false)
        watching?.cancel()
        await daemon.end(abruptly: abruptly)
    }

    // MARK: Writing

    /// Hands a letter to the daemon, now or as soon as there is one.
    func write(_ letter: Letter) {
        unsent.append(letter)
        post()
    }

    private func post() {
        guard posting == nil, isOnline, !unsent.isEmpty else { return }
        let now = presence
        posting = Task {
            while presence == now, isOnline, let letter = unsent.first, await post(letter) { unsent.removeFirst() }
            posting = nil
            // The person may have come back meanwhile.
            if presence != now { post() }
        }
    }

    /// Whether the daemon has it. Asks with the same key until it says so: what it says may be lost with it.
    private func post(_ letter: Letter) async -> Bool {
        let now = presence
        guard let recipient = chronicle.peerID(of: letter.recipient) else { return true }
        while presence == now {
            do throws(ControlError) {
                let sent = try await daemon.client.send(
                    NewMessage(to: recipient, text: letter.text, key: letter.key))
                chronicle.accept(letter, as: sent.id.hex)
                return true
            } catch {
                chronicle.record(letter, "its sender's node did not take it: \(error.message)")
                try? await Task.sleep(for: Person.pause)
            }
        }
        return false
    }

    // MARK: Reading

    /// Reads all that has arrived and hears news for as long as they are there.
    private nonisolated func watch(_ now: Int) async {
        var query = InboxQuery()
        while await presence == now {
            do {
                try await daemon.client.follow(
                    &query, received: { for message in $0 { chronicle.receive(message, by: number) } },
                    changed: { chronicle.record($0) })
            } catch {}
            guard await presence == now else { return }
            try? await Task.sleep(for: Person.pause)
        }
    }

    /// All that there is in the inbox.
    func inbox() async throws(ControlError) -> [ReceivedMessage] {
        var all: [ReceivedMessage] = []
        while true {
            let page = try await daemon.client.receivedMessages(InboxQuery(after: all.last?.position))
            if page.isEmpty { return all }
            all += page
        }
    }

    /// What the daemon says of a message that it sent; nil where it doesn't know it.
    func sent(_ message: String) async throws(ControlError) -> SentMessage? {
        do throws(ControlError) {
            return try await daemon.client.sentMessage(message)
        } catch {
            if error.code == .notFound || error.code == .badInput { return nil }
            throw error
        }
    }
}
