import HTTPTransport

/// Answers who shows a token, and hands the rest to the control API.
///
/// Every user of a machine can connect to its loopback, and a browser brings any page's requests there, under a name that the page's
/// owner may have lead there (DNS rebinding). The token keeps them out. What browsers say of a request is judged before it, so
/// that no page learns by trying which port is ours, or what a stolen token is worth.
package struct TokenResponder: HTTPResponder {
    private let hosts: [String]
    private let expected: [UInt8]
    private let api: ControlHandler

    /// - Parameter host: The address at which it listens, without brackets.
    package init(host: String, token: String, api: ControlHandler) {
        hosts = [host.contains(":") ? "[\(host)]" : host, "localhost"]
        expected = Array(token.utf8)
        self.api = api
    }

    package func answer(_ request: HTTPRequest) async -> HTTPAnswer {
        let names = request.values(of: "host").map(TokenResponder.name)
        guard names.count == 1, hosts.contains(names[0]) else {
            return refusal(
                421, "This is Roost's API at \(hosts[0]), and answers to no other name than that and localhost.")
        }
        guard ["origin", "sec-fetch-site"].allSatisfy({ request.values(of: $0).isEmpty }) else {
            return refusal(403, "This API is for programs, not for pages in a browser: those have `roost web`.")
        }
        let given = request.values(of: "authorization")
        guard given.count == 1, isToken(given[0]) else {
            var answer = refusal(
                401,
                "This needs the header `Authorization: Bearer TOKEN`, with what stands in api-token in the data directory."
            )
            answer.headers.append(("WWW-Authenticate", "Bearer realm=\"roost\""))
            return answer
        }
        return await api.answer(request)
    }

    package func answer(to refusal: HTTPRefusal) -> HTTPAnswer { api.answer(to: refusal) }

    /// A `Host` without its port, in small letters (RFC 9110, §7.2).
    private static func name(_ host: String) -> String {
        let end =
            host.hasPrefix("[") ? host.firstIndex(of: "]").map { host.index(after: $0) } : host.firstIndex(of: ":")
        return host[..<(end ?? host.endIndex)].lowercased()
    }

    /// Takes the same time wherever a wrong token differs; how long tokens are is no secret.
    private func isToken(_ field: String) -> Bool {
        let scheme = "bearer "
        guard field.lowercased().hasPrefix(scheme) else { return false }
        let given = Array(field.utf8.dropFirst(scheme.utf8.count))
        guard given.count == expected.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(given, expected) { difference |= left ^ right }
        return difference == 0
    }

    private func refusal(_ status: Int, _ sentence: String) -> HTTPAnswer {
        .json(ErrorBody(error: ControlError(.notPermitted, sentence)), status: status)
    }
}
