import ControlAPI
import HTTPTransport
import Synchronization

/// Answers with another responder, once there is one: a listener's port is known only when it listens.
final class LateResponder: HTTPResponder {
    private let responder = Mutex<WebResponder?>(nil)

    func begin(_ responder: WebResponder) { self.responder.withLock { $0 = responder } }

    func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        guard let responder = responder.withLock({ $0 }) else { return HTTPAnswer(status: 503) }
        return await responder.answer(request)
    }

    func answer(to refusal: HTTPRefusal) -> HTTPAnswer {
        responder.withLock { $0 }?.answer(to: refusal) ?? HTTPAnswer(status: refusal.status)
    }
}
