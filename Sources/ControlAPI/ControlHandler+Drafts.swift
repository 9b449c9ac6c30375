import HTTPTransport

// Drafts and what a person has chosen, in the API: what requests say, read.

extension ControlHandler {
    func draft(to peer: String, _ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        switch request.method {
        case "PUT": try await backend.setDraft(request.decode(DraftEntry.self).text, to: peer)
        case "DELETE": try await backend.setDraft("", to: peer)
        default: return .json(try await backend.draft(to: peer))
        }
        return HTTPAnswer(status: 204)
    }

    func settings(_ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        if request.method == "PUT" { try await backend.choose(request.decode(SettingsReport.self)) }
        return .json(try await backend.settings())
    }
}

extension DraftEntry: RequestBody {
    static let fields = ["text"]
}

extension SettingsReport: RequestBody {
    package static let fields = ["readReceipts"]
}
