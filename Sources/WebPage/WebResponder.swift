import ControlAPI
import HTTPTransport
import Platform

/// Answers browsers: judges, looks for the session, and hands what may come from a page to the control API.
struct WebResponder: HTTPResponder {
    /// The header in which a tab shows its secret.
    static let tabHeader = "roost-tab"
    /// The header by which a page says that a person has done something since it last asked.
    static let useHeader = "roost-active"
    /// Characters of a challenge at most: 32 bytes in hexadecimal digits.
    private static let longestChallenge = 64

    let door: WebDoor
    let api: ControlHandler

    private var policy: WebPolicy { WebPolicy(authority: door.authority) }

    /// Where a request leads.
    private enum Place {
        case file(PageFile)
        case session
        case proof
        case api(ControlResource)
        case nowhere

        init(_ request: HTTPRequest) {
            let parts = request.components
            if let file = PageFile(path: request.path) {
                self = .file(file)
            } else if request.path == "/session" {
                self = .session
            } else if request.path == "/proof" {
                self = .proof
            } else if parts.first == "v1", let resource = ControlResource(path: parts) {
                self = .api(resource)
            } else {
                self = .nowhere
            }
        }

        var target: WebPolicy.Target {
            switch self {
            case .file(let file): file.isPage ? .page : .part
            case .session, .proof, .api, .nowhere: .call
            }
        }
    }

    func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        let place = Place(request)
        let facts = WebPolicy.Facts(
            place.target, method: request.method, hosts: request.values(of: "host"), origin: request.header("origin"),
            site: request.header("sec-fetch-site"), mode: request.header("sec-fetch-mode"),
            destination: request.header("sec-fetch-dest"))
        switch policy.judge(facts) {
        case .refuse(let reason): return secured(refused(reason))
        case .allow: return secured(await fulfil(request, place))
        }
    }

    func answer(to refusal: HTTPRefusal) -> HTTPAnswer { secured(api.answer(to: refusal)) }

    private func fulfil(_ request: HTTPRequest, _ place: Place) async -> HTTPAnswer {
        switch (place, request.method) {
        case (.file(let file), "GET"), (.file(let file), "HEAD"):
            HTTPAnswer(status: 200, headers: [("Content-Type", file.type)], body: .bytes(file.bytes))
        case (.session, "POST"): exchange(request)
        case (.session, "GET"): stay(request)
        case (.session, "DELETE"): signOut(request)
        case (.proof, "GET"): prove(request)
        case (.api(let resource), _): await call(request, resource)
        default: .failure(ControlError(.notFound, "There is no such thing at this address."))
        }
    }

    // MARK: Sessions

    private func exchange(_ request: HTTPRequest) -> HTTPAnswer {
        let link: WebToken
        do throws(ControlError) { link = try request.decode(WebToken.self) } catch { return .failure(error) }
        guard let welcome = door.exchange(link: link.token, by: proof(of: request)) else {
            return .failure(
                ControlError(
                    .notPermitted, "The link was used already, or is too old: ask for another one with `roost web`."))
        }
        var answer = HTTPAnswer.json(["tab": welcome.tab.text], status: 201)
        if let cookie = welcome.cookie {
            answer.headers.append(
                ("Set-Cookie", "\(door.cookieName)=\(cookie.text); Path=/; HttpOnly; SameSite=Strict"))
        }
        return answer
    }

    /// A page has nothing to ask for, but says that it is used.
    private func stay(_ request: HTTPRequest) -> HTTPAnswer {
        door.admits(proof(of: request), isUse: isUse(request)) ? HTTPAnswer(status: 204) : signedOut
    }

    private func signOut(_ request: HTTPRequest) -> HTTPAnswer {
        guard door.end(proof(of: request)) else { return signedOut }
        return HTTPAnswer(
            status: 204,
            headers: [("Set-Cookie", "\(door.cookieName)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")])
    }

    private func prove(_ request: HTTPRequest) -> HTTPAnswer {
        let given = Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first }
        guard let tab = given["tab"], let challenge = given["challenge"],
            challenge.utf8.count == WebResponder.longestChallenge
        else { return .failure(ControlError(.badRequest, "A proof needs a tab and a challenge.")) }
        guard let proof = door.proof(tabNamed: tab, challenge: challenge) else { return signedOut }
        return .json(["proof": proof])
    }

    private var signedOut: HTTPAnswer {
        var answer = HTTPAnswer.failure(
            ControlError(.notPermitted, "This page is no longer signed in: open it anew with `roost web`."))
        answer.status = 401
        return answer
    }

    private func proof(of request: HTTPRequest) -> WebDoor.Proof {
        let pairs = request.values(of: "cookie").flatMap { $0.split(separator: ";") }
        let ours = pairs.compactMap { pair -> String? in
            let pair = pair.drop { $0 == " " }
            return pair.hasPrefix(door.cookieName + "=") ? String(pair.dropFirst(door.cookieName.count + 1)) : nil
        }
        return WebDoor.Proof(cookies: ours, tab: request.header(WebResponder.tabHeader))
    }

    private func isUse(_ request: HTTPRequest) -> Bool { request.header(WebResponder.useHeader) != nil }

    // MARK: The control API

    private func call(_ request: HTTPRequest, _ resource: ControlResource) async -> HTTPAnswer {
        let proof = proof(of: request)
        guard door.admits(proof, isUse: isUse(request)) else { return signedOut }
        guard WebAllowList.allows(request.method, resource) else {
            return .failure(ControlError(.notPermitted, "The page may not do this: use the command line."))
        }
        var answer = await api.answer(request)
        guard case .stream(let body) = answer.body else { return answer }
        // News ends with the session, before more of it is told.
        answer.body = .stream { [door] write in
            try await body { part in
                guard door.admits(proof, isUse: false) else { throw SessionEnded() }
                try await write(part)
            }
        }
        return answer
    }

    private struct SessionEnded: Error {}

    // MARK: Answers

    private func refused(_ reason: WebPolicy.Reason) -> HTTPAnswer {
        let sentence =
            switch reason {
            case .host: "This is Roost's page at http://\(door.authority)/, and answers to no other name.\n"
            case .origin: "Requests to Roost come from its own page only.\n"
            case .frame: "Roost's page isn't shown inside another.\n"
            }
        return HTTPAnswer(status: reason.status, text: sentence)
    }

    private func secured(_ answer: HTTPAnswer) -> HTTPAnswer {
        var answer = answer
        answer.headers.removeAll { $0.name == "Cache-Control" }
        answer.headers += WebHeaders.all
        return answer
    }
}

/// The body by which a link is used.
struct WebToken: Decodable, RequestBody {
    static let fields = ["token"]

    var token: String
}
