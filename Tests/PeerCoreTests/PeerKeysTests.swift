import Basics
import Cryptography
import PeerCore
import Testing

@Suite struct PeerKeysTests {
    private func peer(_ number: UInt64, _ suite: CipherSuite) -> PeerID {
        ProfileKey(seed: SecretKey(Bytes32(words: (number, 1, 2, 3))), suite: suite).peerID
    }

    /// Whoever was asked for before, and however many: the key is what it is without a memory.
    @Test(arguments: [CipherSuite.sodium, .cheap])
    func whatIsRememberedIsWhatWouldBeComputed(_ suite: CipherSuite) {
        var keys = PeerKeys()
        var generator = SeededGenerator(seed: 11)
        let peers = (0..<UInt64(Limits.cachedPeerKeys + 8)).map { peer($0, suite) }
        for _ in 0..<600 {
            let peer = peers[Int(generator.next() % UInt64(peers.count))]
            let epoch = Epoch(number: 2_900 + UInt32(generator.next() % 5))
            let key = keys.mailbox(of: peer, in: epoch, suite)
            #expect(key != nil)
            #expect(key?.location == peer.blindedKey(for: .mailbox, epoch: epoch, suite: suite)?.location)
        }
    }

    @Test(arguments: [CipherSuite.sodium, .cheap])
    func whatIsNoKeyStaysNone(_ suite: CipherSuite) {
        var keys = PeerKeys()
        let nobody = PeerID(Bytes32(words: (1, 0, 0, 0)))
        for _ in 0..<2 {
            let (first, second) = (keys.isValid(nobody, suite), keys.isValid(peer(5, suite), suite))
            #expect(first == nobody.isValid(suite))
            #expect(second)
        }
        #expect(keys.mailbox(of: PeerID(Bytes32(words: (0, 0, 0, 0))), in: Epoch(number: 1), .sodium) == nil)
    }
}
