import Basics
import RoostService
import Testing

/// Reading what Linux says of its network.
@Suite struct NetlinkReaderTests {
    private func number<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number) { Array($0) }
    }

    private func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return number(UInt16(4 + value.count)) + number(kind) + value + padding
    }

    private func message(_ kind: UInt16, _ body: [UInt8]) -> [UInt8] {
        number(UInt32(16 + body.count)) + number(kind) + number(UInt16(2)) + number(UInt32(1)) + number(UInt32(7))
            + body
    }

    private func interface(_ index: UInt32, flags: UInt32) -> [UInt8] {
        message(
            NetlinkReader.Kind.newLink,
            [0, 0] + number(UInt16(1)) + number(index) + number(flags) + number(UInt32(0)) + attribute(3, [101, 0]))
    }

    private func address(
        _ family: UInt8, _ value: [UInt8], on interface: UInt32, flags: UInt32, local: [UInt8]? = nil
    ) -> [UInt8] {
        message(
            NetlinkReader.Kind.newAddress,
            [family, 24, UInt8(truncatingIfNeeded: flags), 0] + number(interface) + attribute(1, value)
                + (local.map { attribute(2, $0) } ?? []) + attribute(8, number(flags)))
    }

    private func route(
        _ family: UInt8, prefix: UInt8 = 0, table: UInt8 = 254, kind: UInt8 = 1, _ attributes: [UInt8]
    ) -> [UInt8] {
        message(
            NetlinkReader.Kind.newRoute,
            [family, prefix, 0, 0, table, 3, 0, kind] + number(UInt32(0)) + attributes)
    }

    private func read(_ bytes: [UInt8]) -> NetlinkReader {
        var reader = NetlinkReader()
        reader.read(bytes.span.bytes)
        return reader
    }

    @Test func interfacesAddressesAndDefaultRoutes() {
        let global: [UInt8] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]
        let several =
            number(UInt16(16)) + [0, 0] + number(UInt32(3)) + attribute(5, [10, 0, 0, 254])
            + number(UInt16(8)) + [0, 0] + number(UInt32(4))
        let reader = read(
            interface(1, flags: 0x49) + interface(2, flags: 0x1_1043) + interface(3, flags: 0x1003)
                + interface(4, flags: 0x1_10d1)
                + address(2, [192, 168, 1, 5], on: 2, flags: 0x80)
                + address(2, [10, 8, 0, 1], on: 3, flags: 0x80, local: [10, 8, 0, 2])
                + address(10, global, on: 2, flags: 0x100) + address(10, global, on: 3, flags: 0x20)
                + route(
                    2,
                    attribute(4, number(UInt32(2))) + attribute(5, [192, 168, 1, 1]) + attribute(6, number(UInt32(600)))
                )
                + route(2, prefix: 1, attribute(4, number(UInt32(3))))
                + route(2, prefix: 24, attribute(4, number(UInt32(9))))
                + route(2, table: 255, attribute(4, number(UInt32(9))))
                + route(2, kind: 7, attribute(4, number(UInt32(9))))
                + route(10, table: 252, attribute(15, number(UInt32(51_820))) + attribute(4, number(UInt32(3))))
                + route(2, attribute(9, several)))
        #expect(
            reader.snapshot.interfaces == [
                .init(index: 1, isUp: true, isLoopback: true, reachesMany: false), .init(index: 2, isUp: true),
                .init(index: 3, isUp: false), .init(index: 4, isUp: true, reachesMany: false),
            ])
        #expect(
            reader.snapshot.addresses == [
                .init(Endpoint(ipv4: 0xc0a8_0105, port: 0), on: 2, prefix: 24),
                .init(Endpoint(ipv4: 0x0a08_0002, port: 0), on: 3, prefix: 24),
                .init(Endpoint(high: 0x2001_0db8 << 32, low: 7, port: 0), on: 2, prefix: 24),
                .init(
                    Endpoint(high: 0x2001_0db8 << 32, low: 7, port: 0), on: 3, isPreferred: false, prefix: 24),
            ])
        #expect(
            reader.snapshot.routes == [
                .init(.ipv4, on: 2, gateway: Endpoint(ipv4: 0xc0a8_0101, port: 0), metric: 600),
                .init(.ipv4, on: 3, prefix: 1), .init(.ipv6, on: 3, table: 51_820),
                .init(.ipv4, on: 3, gateway: Endpoint(ipv4: 0x0a00_00fe, port: 0)), .init(.ipv4, on: 4),
            ])
        #expect(reader.isNews && !reader.isDone)
    }

    @Test func routesToSomewhereAreNoNews() {
        #expect(!read(route(2, prefix: 24, attribute(4, number(UInt32(2))))).isNews)
        #expect(!read(route(10, prefix: 64, [])).isNews)
        #expect(!read([]).isNews)
        #expect(read(message(NetlinkReader.Kind.deletedAddress, [2, 24, 0, 0])).isNews)
        #expect(read(message(NetlinkReader.Kind.done, number(UInt32(0)))).isDone)
    }

    /// Whatever is cut off or written over, nothing traps and nothing goes on for ever.
    @Test func damagedMessagesEndTheReading() {
        let whole =
            interface(2, flags: 0x43) + address(2, [192, 168, 1, 5], on: 2, flags: 0)
            + route(2, attribute(4, number(UInt32(2))) + attribute(9, number(UInt16(16)) + [0, 0, 0, 0, 0, 0]))
        for count in 0..<whole.count { _ = read(Array(whole[..<count])) }
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<3 {
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = read(damaged)
        }
    }
}
