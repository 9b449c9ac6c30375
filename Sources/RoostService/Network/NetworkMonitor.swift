import Basics
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Reports that this machine's network may have changed, and its present state. Each system has its own way.
protocol NetworkMonitor: Sendable {
    /// Begins to report, on the event loop, until `stop`.
    func start(on eventLoop: any EventLoop, noticed: @escaping @Sendable () -> Void) async
    func stop()
    /// The present state of the network; nil where the system doesn't tell.
    func snapshot() -> NetworkSnapshot?
}

/// For systems without one of their own: looks every few seconds.
final class PollingMonitor: NetworkMonitor {
    private static let interval = TimeAmount.seconds(3)
    private let task = NIOLockedValueBox<RepeatedTask?>(nil)

    func start(on eventLoop: any EventLoop, noticed: @escaping @Sendable () -> Void) async {
        let repeated = eventLoop.scheduleRepeatedTask(
            initialDelay: PollingMonitor.interval, delay: PollingMonitor.interval
        ) { _ in noticed() }
        task.withLockedValue { $0 = repeated }
    }

    func stop() { task.withLockedValue { $0?.cancel() } }

    func snapshot() -> NetworkSnapshot? { SystemCalls.interfaces() }
}

#if os(Linux)
    /// Linux reports changes by itself, in netlink messages: no polling is needed.
    final class NetlinkMonitor: NetworkMonitor {
        private struct State {
            var channel: (any Channel)?
            var isStopped = false
        }

        private let state = NIOLockedValueBox(State())
        /// When the system's message queue overflows, reading ends. It starts again after this pause.
        private static let pause = TimeAmount.seconds(1)

        func start(on eventLoop: any EventLoop, noticed: @escaping @Sendable () -> Void) async {
            // Where there is no such socket at the start, as in some sandboxes, changes show only when sending.
            _ = await watch(on: eventLoop, noticed: noticed)
        }

        /// Begins to read, until reading ends; false: there is no socket to read from.
        private func watch(on eventLoop: any EventLoop, noticed: @escaping @Sendable () -> Void) async -> Bool {
            guard let descriptor = try? SystemCalls.openNetlink(groups: SystemCalls.networkNews) else { return false }
            let ended: @Sendable () -> Void = { [weak self] in
                // Messages lost in the meantime may have mattered.
                noticed()
                self?.startAgain(on: eventLoop, noticed: noticed)
            }
            // Read on a loop of NIO's own, as only those have channels; what it tells is told on the node's.
            let channel = try? await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32 << 10))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NetlinkHandler(
                                noticed: { eventLoop.execute(noticed) }, ended: { eventLoop.execute(ended) }))
                    }
                }
                .takingOwnershipOfDescriptor(input: descriptor).get()
            if channel == nil { SystemCalls.closeFile(descriptor) }
            let isStopped = state.withLockedValue { state in
                state.channel = channel
                return state.isStopped
            }
            if isStopped { channel?.close(promise: nil) }
            return channel != nil
        }

        private func startAgain(on eventLoop: any EventLoop, noticed: @escaping @Sendable () -> Void) {
            eventLoop.scheduleTask(in: NetlinkMonitor.pause) {
                guard !self.state.withLockedValue({ $0.isStopped }) else { return }
                Task {
                    // There was one before: that there is none now, as descriptors are short, passes.
                    guard await self.watch(on: eventLoop, noticed: noticed) else {
                        return self.startAgain(on: eventLoop, noticed: noticed)
                    }
                    // Nobody heard of what has changed since.
                    eventLoop.execute(noticed)
                }
            }
        }

        func stop() {
            let channel = state.withLockedValue { state in
                state.isStopped = true
                return state.channel
            }
            channel?.close(promise: nil)
        }

        func snapshot() -> NetworkSnapshot? { SystemCalls.network() }
    }

    private final class NetlinkHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let noticed: @Sendable () -> Void
        private let ended: @Sendable () -> Void

        init(noticed: @escaping @Sendable () -> Void, ended: @escaping @Sendable () -> Void) {
            self.noticed = noticed
            self.ended = ended
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var reader = NetlinkReader()
            let bytes = unwrapInboundIn(data)
            reader.read(bytes.readableBytesSpan)
            if reader.isNews { noticed() }
        }

        func channelInactive(context: ChannelHandlerContext) { ended() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
#endif
