import CLibrary

extension SendRefusal {
    /// What an error of sendto(2) or sendmsg(2) means: ip(7), udp(7).
    init(_ code: CInt) {
        self =
            switch code {
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ENODEV, EAFNOSUPPORT: .noRoute
            // EINVAL: a source address that no interface has.
            case EINVAL, EADDRNOTAVAIL: .addressGone
            case EPERM, EACCES: .forbidden
            case EMSGSIZE: .tooLong
            case ENOBUFS, ENOMEM, EAGAIN, EWOULDBLOCK: .full
            default: .other
            }
    }

    /// Whether another source address may do, where one was named.
    package var mayBeOfSource: Bool { self == .noRoute || self == .addressGone }
}
