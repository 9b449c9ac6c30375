import Sessions
import Wire

/// An answer whose request has come earlier.
struct LateAnswer {
    let response: Response
    /// What the ranges in it are parts of.
    let payload: [UInt8]
    let header: RPCHeader
    let carrier: ReplyCarrier
}
