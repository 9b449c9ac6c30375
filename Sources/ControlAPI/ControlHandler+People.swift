import HTTPTransport

// Names and safety numbers in the API: what requests say, read.

extension ControlHandler {
    func setName(_ name: String, _ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        guard request.method == "PUT" else {
            try await backend.removeName(name)
            return HTTPAnswer(status: 204)
        }
        let entry = try request.decode(NameEntry.self)
        return .json(try await backend.name(entry.id, name, replacing: entry.replace ?? false))
    }

    func oneself(_ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        guard request.method == "PUT" else { return .json(try await backend.oneself()) }
        return .json(try await backend.nameOneself(request.decode(SelfEntry.self).name ?? ""))
    }

    func introductions(_ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        guard request.method == "POST" else {
            return .json(try await backend.introductions())
        }
        return .json(try await backend.introduce(request.decode(NewIntroduction.self)), status: 201)
    }

    func safety(_ peer: String, _ request: HTTPRequest) async throws(ControlError) -> HTTPAnswer {
        guard request.method == "PUT" else { return .json(try await backend.safety(peer)) }
        try await backend.markCompared(peer, request.decode(ComparedMark.self).compared)
        return HTTPAnswer(status: 204)
    }
}

extension NameEntry: RequestBody {
    static let fields = ["id", "replace"]
}

extension SelfEntry: RequestBody {
    static let fields = ["name"]
}

extension NewIntroduction: RequestBody {
    package static let fields = ["key", "peer", "to"]
}

extension ComparedMark: RequestBody {
    static let fields = ["compared"]
}
