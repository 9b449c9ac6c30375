@_exported import CLibrary

// Foundation: on Linux only its essentials, as the rest would bring its own tables of all languages and an HTTP client with all that
// those need, three times as large as Roost.
#if canImport(FoundationEssentials)
    @_exported import FoundationEssentials
#else
    @_exported import Foundation
#endif
