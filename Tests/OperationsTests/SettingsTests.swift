import Basics
import Foundation
import Logging
import Operations
import RoostService
import Testing

/// Flags over variables over the file, and what is wrong in each.
@Suite struct SettingsTests {
    let scratch = Scratch()

    private func read(
        _ flags: [Setting: [String]] = [:], _ environment: [String: String] = [:], file: String? = nil
    ) throws -> Settings {
        try Settings.read(
            flags: flags, environment: environment, file: file, defaultFile: scratch.file("config.json"))
    }

    /// Reads a configuration file of this text.
    private func read(json: String) throws -> Settings { try read(file: scratch.write(json, to: "c.json")) }

    private func complaint(_ json: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let error = #expect(throws: SettingsError.self, sourceLocation: sourceLocation) {
            try read(json: json)
        }
        #expect(error?.isUsage == false, sourceLocation: sourceLocation)
        #expect(error?.sentence.contains(scratch.file("c.json")) == true, sourceLocation: sourceLocation)
        return error?.sentence ?? ""
    }

    @Test func nothingSetIsTheDefault() throws {
        let settings = try read()
        #expect(settings.listen == ServiceConfiguration.defaultListen)
        #expect(settings.bootstrap.isEmpty && settings.network == "main")
        #expect(settings.logLevel == .notice && settings.logFormat == .text)
    }

    @Test func flagsWinOverVariablesAndThoseOverTheFile() throws {
        let file = try scratch.write(
            #"{"network": "file", "log-level": "debug", "log-format": "json", "bootstrap": ["a.example:1", "[::1]:2"]}"#,
            to: "c.json")
        let settings = try read(
            [.network: ["flag"]],
            ["ROOST_NETWORK": "variable", "ROOST_LOG_LEVEL": "error", "ROOST_LISTEN": " 127.0.0.1:5, [::1]:6 "],
            file: file)
        #expect(settings.network == "flag")
        #expect(settings.logLevel == .error)
        #expect(settings.logFormat == .json)
        #expect(settings.listen.map(\.description) == ["127.0.0.1:5", "[::1]:6"])
        #expect(settings.bootstrap.map(\.description) == ["a.example:1", "[::1]:2"])
    }

    @Test func theLocalNetworkIsSwitchedOffInEachPlace() throws {
        #expect(try read().localDiscovery)
        #expect(try !read([.lan: ["off"]], ["ROOST_LAN": "on"]).localDiscovery)
        #expect(try !read([:], ["ROOST_LAN": "OFF"]).localDiscovery)
        #expect(try !read(json: #"{"lan": "off"}"#).localDiscovery)
        #expect(throws: SettingsError.self) { try read([:], ["ROOST_LAN": "no"]) }
    }

    @Test func powerIsNormalUnlessToldOtherwise() throws {
        #expect(try read().power == .normal)
        #expect(try read([.power: ["low"]], ["ROOST_POWER": "normal"]).power == .low)
        #expect(try read([:], ["ROOST_POWER": "LOW"]).power == .low)
        #expect(try read(json: #"{"power": "low"}"#).power == .low)
        #expect(complaint(#"{"power": "off"}"#).contains("has to be one of normal, low, not “off”."))
    }

    @Test func listsInTheDNSAreBootstrapsToo() throws {
        let settings = try read([.bootstrap: ["a.example:1", "dns:Example.org"]])
        #expect(settings.bootstrap.map(\.description) == ["a.example:1"])
        #expect(settings.bootstrapLists.map(\.description) == ["dns:example.org"])
        for text in ["dns:", "dns:a b", "dns:a\u{1b}b", "", " ", "dns: "] {
            #expect(throws: SettingsError.self) { try read([.bootstrap: [text]]) }
        }
    }

    /// What isn't seen would make another network of what looks like the same name.
    @Test(arguments: ["\u{1b}", "ma\u{200b}in", "a\nb", "", String(repeating: "x", count: 256)])
    func aNetworkIsCalledByWhatIsSeen(name: String) {
        #expect(throws: SettingsError.self) { try read([.network: [name]]) }
    }

    @Test func readReceiptsAreOnOrOff() throws {
        #expect(try read([:]).readReceipts == nil)
        #expect(try read([.readReceipts: ["off"]]).readReceipts == false)
        #expect(try read([:], ["ROOST_READ_RECEIPTS": "On"]).readReceipts == true)
        #expect(throws: SettingsError.self) { try read([.readReceipts: ["no"]]) }
    }

    @Test func metricsAreForTheLoopbackUnlessToldOtherwise() throws {
        for (text, endpoint) in [
            ("9337", "127.0.0.1:9337"), (":9337", "127.0.0.1:9337"), ("localhost:1", "127.0.0.1:1"),
            ("0.0.0.0:1", "0.0.0.0:1"), ("[::1]:1", "[::1]:1"),
        ] {
            #expect(try read([:], ["ROOST_METRICS": text]).metrics?.description == endpoint)
        }
        #expect(try read().metrics == nil)
        for text in ["x", "65536", "0.0.0.0", ":"] {
            #expect(throws: SettingsError.self) { try read([.metrics: [text]]) }
        }
    }

    @Test func theAPIIsOnTheLoopbackOnly() throws {
        for (text, endpoint) in [
            ("7338", "127.0.0.1:7338"), (":0", "127.0.0.1:0"), ("localhost:1", "127.0.0.1:1"), ("[::1]:2", "[::1]:2"),
            ("127.0.0.5:3", "127.0.0.5:3"),
        ] {
            #expect(try read([.api: [text]]).api?.description == endpoint)
        }
        #expect(try read().api == nil)
        for text in ["x", "65536", "0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", ":"] {
            let error = #expect(throws: SettingsError.self) { try read([.api: [text]]) }
            #expect(error?.sentence.contains("of the loopback") == true)
        }
    }

    @Test func theFileIsNamedByTheFlagTheVariableOrTheDirectory() throws {
        let first = try scratch.write(#"{"network": "first"}"#, to: "first.json")
        let second = try scratch.write(#"{"network": "second"}"#, to: "second.json")
        #expect(try read([:], ["ROOST_CONFIG": second]).network == "second")
        #expect(try read([:], ["ROOST_CONFIG": second], file: first).network == "first")
        _ = try scratch.write(#"{"network": "default"}"#, to: "config.json")
        #expect(try read().network == "default")
        #expect(try read([:], ["ROOST_CONFIG": ""]).network == "default")
        #expect(try read([:], ["ROOST_CONFIG": second]).network == "second")
    }

    @Test func emptyVariablesAndOthersOfOursAreNone() throws {
        let settings = try read(
            [:], ["ROOST_NETWORK": "", "ROOST_SEED": "1", "ROOST_UNHEARD": "x", "LISTEN": "x"])
        #expect(settings.network == "main")
    }

    @Test(arguments: [
        (
            #"{"netwrok": "x"}"#,
            ["\"netwrok\"", "network, endpoints, metrics, port-mapping, log-level, log-format, lan"]
        ),
        (#"{"data": "/x"}"#, ["\"data\""]),
        (#"{"logLevel": "info"}"#, ["\"logLevel\"", "log-level"]),
        (#"{"network": 5}"#, ["\"network\"", "1 to 255 bytes"]),
        (#"{"network": true}"#, ["\"network\""]),
        (#"{"network": null}"#, ["\"network\""]),
        (#"{"network": ["x"]}"#, ["\"network\""]),
        (#"{"network": {"name": "x"}}"#, ["\"network\""]),
        (#"{"network": ""}"#, ["\"network\"", "1 to 255 bytes"]),
        (#"{"listen": "127.0.0.1:1"}"#, ["\"listen\"", "a list of"]),
        (#"{"listen": []}"#, ["\"listen\"", "1 to 64"]),
        (#"{"listen": [1]}"#, ["\"listen\"", "a list of"]),
        (#"{"listen": ["127.0.0.1:1", 2]}"#, ["\"listen\"", "a list of"]),
        (#"{"listen": ["127.0.0.1"]}"#, ["\"listen\"", "“127.0.0.1”", "ADDRESS:PORT"]),
        (#"{"listen": ["127.0.0.1:65536"]}"#, ["\"listen\"", "ADDRESS:PORT"]),
        (#"{"bootstrap": ["x"]}"#, ["\"bootstrap\"", "HOST:PORT"]),
        (#"{"bootstrap": ["x:0"]}"#, ["\"bootstrap\"", "1 to 65535"]),
        (
            #"{"log-level": "loud"}"#,
            ["\"log-level\"", "“loud”", "trace, debug, info, notice, warning, error, critical"]
        ),
        (#"{"log-format": "xml"}"#, ["\"log-format\"", "text, json"]),
        (#"{"network": "x",}x"#, ["not JSON"]),
        ("network = x", ["not JSON"]),
        ("", ["not JSON"]),
        ("[]", ["one object"]),
        ("5", ["one object"]),
    ])
    func mistakesInTheFileNameFileAndField(json: String, words: [String]) throws {
        let sentence = complaint(json)
        for word in words { #expect(sentence.contains(word), "\(sentence)") }
    }

    @Test func tooManyIsOutOfRange() throws {
        let many = Array(repeating: "\"h:1\"", count: 65).joined(separator: ",")
        #expect(complaint("{\"bootstrap\": [\(many)]}").contains("up to 64"))
        #expect(complaint("{\"listen\": [\(many)]}").contains("1 to 64"))
    }

    @Test func filesThatCanNotBeReadAreNamed() throws {
        try Data([0x7b, 0xff, 0x7d]).write(to: URL(fileURLWithPath: scratch.file("c.json")))
        for (path, words) in [
            (scratch.file("missing"), "can't be read"), (scratch.path, "can't be read"),
            ("/dev/zero", "can't be read"), (scratch.file("c.json"), "UTF-8"),
        ] {
            let error = #expect(throws: SettingsError.self) { try read(file: path) }
            #expect(error?.sentence.contains(path) == true && error?.sentence.contains(words) == true)
            #expect(error?.isUsage == false)
        }
    }

    @Test func mistakesInFlagsAreUsageAndInVariablesAreNot() throws {
        for (setting, value) in [
            (Setting.listen, "x"), (.bootstrap, "x"), (.network, String(repeating: "n", count: 256)),
            (.metrics, "x"), (.logLevel, "loud"), (.logFormat, "xml"),
        ] {
            let flag = #expect(throws: SettingsError.self) { try read([setting: [value]]) }
            #expect(flag?.isUsage == true && flag?.sentence.contains(setting.flag) == true)
            let variable = #expect(throws: SettingsError.self) { try read([:], [setting.variable: value]) }
            #expect(variable?.isUsage == false && variable?.sentence.contains(setting.variable) == true)
        }
    }

    @Test func theDocumentationHasEverySettingAndNoOther() throws {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/configuration.md").standardized
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let rows = lines.filter { $0.contains("| `--") }.map(String.init)
        #expect(rows == Setting.allCases.map(\.row))
    }
}
