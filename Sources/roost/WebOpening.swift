import CLibrary
import Platform
import RoostService
import WebPage

/// Has the person's browser open a link that nobody else may see.
///
/// The arguments of a process are there for others on this machine to see, so the browser is given the name of a file instead, which
/// only its owner may read, and which leads on to the link.
struct WebOpening {
    let directory: String

    func open(_ link: String) throws(Failure) {
        let page =
            "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>"
            + "<meta http-equiv=refresh content=\"0; url=\(link)\"><title>Roost</title><p><a href=\"\(link)\">Open Roost</a>\n"
        do throws(ServiceError) {
            try DataDirectory(directory).write(Array(page.utf8), to: .opening)
        } catch {
            throw Failure(.cannotCreate, error.sentence)
        }
        #if canImport(Darwin)
            let program = "open"
        #else
            let program = "xdg-open"
        #endif
        let file = DataDirectory(directory).file(.opening)
        var argv = [strdup(program), strdup(file), nil]
        var envp =
            ProcessInfo.processInfo.environment.filter { $0.key != "ROOST_PASSPHRASE" }
            .map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // A browser that stays must not hold this command's output open, nor write into it.
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var process: pid_t = 0
        let result = posix_spawnp(&process, program, &actions, nil, &argv, &envp)
        guard result == 0 else {
            throw Failure(
                .cannotCreate,
                "There is no \(program) that opens a browser: open \(file) in one yourself, within five minutes.")
        }
    }
}

extension WebServer.Memory {
    /// The file `web.json` of a data directory.
    static func file(in directory: String) -> WebServer.Memory {
        let files = DataDirectory(directory)
        return WebServer.Memory(
            read: {
                guard let found = try? files.read(.browsers, limit: longest + 1), found.bytes.count <= longest else {
                    return nil
                }
                return found.bytes
            },
            write: { bytes in
                do throws(ServiceError) {
                    try files.write(bytes, to: .browsers)
                } catch {
                    // A restart then signs all browsers out. What is there could bring back one that has signed out.
                    unlink(files.file(.browsers))
                }
            })
    }

    /// Bytes of the file at most: ten times what the bounds on sessions allow.
    private static let longest = 65_536
}
