import Basics
import Cryptography

/// The first byte chooses what the others are the text of.
func readText(_ input: [UInt8]) throws(Finding) {
    var script = Script(input)
    let choice = script.below(6)
    let bytes = script.rest()
    let text = String(decoding: bytes, as: UTF8.self)
    switch choice {
    case 0: try readKeyFile(bytes)
    case 1: try readBech32m(text)
    case 2:
        guard let peer = try? PeerID(text: text, suite: .cheap) else { return }
        try expect((try? PeerID(text: peer.text, suite: .cheap)) == peer, "a peer ID's text reads the same")
    case 3:
        guard let endpoint = Endpoint(text) else { return }
        try expect(Endpoint(endpoint.description) == endpoint, "an endpoint's text reads the same")
    case 4:
        guard let endpoint = Endpoint(host: text, port: 7_337) else { return }
        try expect(Endpoint(host: endpoint.host, port: 7_337) == endpoint, "an address's text reads the same")
    default:
        guard let id = MessageID(hex: text) else { return }
        try expect(id.hex == text.lowercased(), "hexadecimal has one form")
    }
}

private func readKeyFile(_ bytes: [UInt8]) throws(Finding) {
    for kind in KeyFile.Kind.allCases {
        guard let file = try? KeyFile(bytes, expecting: kind) else { continue }
        let again = try? KeyFile(file.bytes, expecting: kind)
        try expect(again?.secret == file.secret, "a key file reads the same")
    }
}

private func readBech32m(_ text: String) throws(Finding) {
    guard let (prefix, bytes) = try? Bech32m.decode(text) else { return }
    try expect(Bech32m.encode(prefix: prefix, bytes) == text.lowercased(), "Bech32m has one form")
}
