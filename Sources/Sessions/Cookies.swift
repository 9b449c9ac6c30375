import Basics
import Cryptography

/// Cookies: under load, a node demands one before it computes anything costly. It proves that the initiator receives at
/// the address it sends from. The node keeps no state for it (as in DTLS, RFC 9147 §5.1).
struct Cookies: Sendable {
    /// A cookie as written in a datagram.
    struct Cookie: Equatable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    private var secret: SecretKey?
    private var previous: SecretKey?
    private var madeAt = Instant.origin

    /// The cookie for an address.
    mutating func make(for endpoint: Endpoint, now: Instant, random: inout SecureGenerator) -> Cookie {
        Cookies.cookie(for: endpoint, currentSecret(now: now, random: &random))
    }

    /// Whether a cookie was made for an address in the last minutes.
    mutating func accepts(
        _ cookie: Cookie, from endpoint: Endpoint, now: Instant, random: inout SecureGenerator
    ) -> Bool {
        let secret = currentSecret(now: now, random: &random)
        return cookie == Cookies.cookie(for: endpoint, secret)
            || previous.map { cookie == Cookies.cookie(for: endpoint, $0) } == true
    }

    private mutating func currentSecret(now: Instant, random: inout SecureGenerator) -> SecretKey {
        let age = now - madeAt
        if let secret, age < SessionTimes.cookieSecret { return secret }
        previous = age < SessionTimes.cookieSecret * 2 ? secret : nil
        let fresh = random.secretKey()
        secret = fresh
        madeAt = now
        return fresh
    }

    private static func cookie(for endpoint: Endpoint, _ secret: SecretKey) -> Cookie {
        var hash = Blake2b(key: secret)
        hash.update(endpoint.high)
        hash.update(endpoint.low)
        hash.update(endpoint.port)
        let words = hash.finish().words
        return Cookie(high: words.0, low: words.1)
    }
}
