import ChatView
import ControlAPI

/// Asks the daemon what a `Chat` wants to know, and follows its news; both also after it was away.
struct ChatDaemon: Sendable {
    let daemon: Daemon
    let queue: ChatQueue

    /// Between two tries while there is no daemon, and before the first: it may have ended the stream only.
    private static let pause = Duration.milliseconds(500)
    private static let shortPause = Duration.milliseconds(100)

    // MARK: News

    /// Follows them until it is cancelled.
    func follow() async {
        var isAway = false
        while !Task.isCancelled {
            do {
                try await daemon.client.events { _ in
                    isAway = false
                    queue.add(.connected)
                } _: { event in
                    try await queue.waitForRoom()
                    queue.add(.news(event))
                }
            } catch let error as ControlError where error.code == .interrupted {
                // The next try shows whether it is there.
            } catch let error as ControlError {
                if !isAway {
                    let sentence = error.isOfDaemonsEnd ? daemon.isNotRunning.sentence : error.message
                    queue.add(.away("\(sentence) What you type stays here."))
                }
                isAway = true
            } catch {
                return
            }
            guard (try? await Task.sleep(for: isAway ? ChatDaemon.pause : ChatDaemon.shortPause)) != nil else { return }
        }
    }

    // MARK: Requests

    /// Asks once, and tells what came of it.
    func ask(_ request: ChatRequest) async {
        do {
            queue.add(try await answer(request))
        } catch let error as ControlError {
            queue.add(
                error.isOfDaemonsEnd
                    ? .unanswered(request, sentence: nil) : .refused(request, sentence: error.message))
        } catch let failure as Failure {
            queue.add(.unanswered(request, sentence: failure == daemon.isNotRunning ? nil : failure.sentence))
        } catch {
            // Cancelled: nobody wants to know.
        }
    }

    private func answer(_ request: ChatRequest) async throws -> ChatEvent {
        switch request {
        case .list(let cursor):
            return .listed(try await daemon.ask { try await $0.conversations(after: cursor) }, after: cursor)
        case .page(let page):
            return .paged(try await daemon.ask { try await $0.conversation(page.query) }, page)
        case .markRead(let positions):
            try await daemon.ask { try await $0.markRead(positions) }
            return .marked(positions)
        case .draft(let peer): return .drafted(try await daemon.ask { try await $0.draft(to: peer) })
        case .keepDraft(let peer, let text):
            try await daemon.ask { try await $0.setDraft(text, to: peer) }
            return .kept(to: peer, text: text)
        case .decide(let decision, let peer):
            try await carryOut(decision, about: peer)
            return .decided(decision, about: peer)
        case .send(let key, let peer, let text):
            let message = NewMessage(to: peer, text: text, key: key)
            return .accepted(try await daemon.ask { try await $0.send(message) }, key: key)
        }
    }

    private func carryOut(_ decision: ChatDecision, about peer: String) async throws {
        let standing: PeerStanding
        switch decision {
        case .accept: standing = .accepted
        case .block: standing = .blocked
        case .unblock: standing = .request
        case .refuse:
            // They may have been accepted elsewhere since they were seen here.
            guard try await daemon.standing(of: peer) == .request else {
                throw ControlError(.conflict, "They make no request any more: nothing was deleted.")
            }
            _ = try await daemon.ask { try await $0.deleteConversation(peer) }
            return
        }
        try await daemon.ask { try await $0.decide(standing, about: peer) }
    }

    /// Has texts kept one after the other, each after the daemon has answered about the one before: none overtakes a newer one.
    func keep(_ requests: AsyncStream<ChatRequest>) async { for await request in requests { await ask(request) } }

    /// Sends messages one after the other, each until the daemon has answered: so they stay in order, and as they have keys, none is
    /// sent twice.
    func send(_ requests: AsyncStream<ChatRequest>) async {
        for await request in requests {
            guard case .send(let key, _, _) = request else { continue }
            var isDone = false
            while !isDone {
                do {
                    queue.add(try await answer(request))
                    isDone = true
                } catch let error as ControlError where !error.isOfDaemonsEnd {
                    queue.add(.refused(request, sentence: error.message))
                    isDone = true
                } catch is ControlError, is Failure {
                    queue.add(.waiting(key: key))
                    guard (try? await Task.sleep(for: ChatDaemon.pause)) != nil else { return }
                } catch {
                    return
                }
            }
        }
    }
}
