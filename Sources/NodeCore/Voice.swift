import Basics

extension Endpoint {
    /// In whose name an observer at this address speaks where many are asked: each block of addresses has one voice, or
    /// whoever rents one host could outvote everybody. Hosts near by share their block with good reason.
    func voice(of observer: NodeID) -> Bytes32 {
        isLocal ? observer.bytes : Bytes32(words: (0, 0, 0, block))
    }
}
