import LMDBStore

/// The store of a directory, which the file `format` says that there is.
///
/// An empty file in place of a store is no store. But it is no reason to begin a new one either: everything that others
/// were told is kept here would be gone. So the store is made under another name, and gets its own name when it is
/// complete. Once keys and store exist, the file `format` says so. If that file exists, a missing key or store was lost
/// and is not made again. If it doesn't exist, the first start did not finish, and the next start continues it.
extension DataDirectory {
    /// Opens the store, which is made at the first start. The directory must be locked, and have its keys.
    func openStore() throws(ServiceError) -> sending LMDBStore {
        let isComplete = try isComplete()
        if try attempt({ () throws(SystemCalls.Failure) in try SystemCalls.status(storePath) }) == nil {
            guard !isComplete else {
                throw ServiceError(.storeCorrupt, "The store \(storePath) is missing, with all mail in it: \(remedy)")
            }
            try createStore()
        }
        let store: LMDBStore
        do throws(LMDBStoreError) {
            store = try LMDBStore(directory: storePath)
        } catch {
            throw explain(error)
        }
        if !isComplete { try markComplete() }
        return store
    }

    private func createStore() throws(ServiceError) {
        try makeStoreDraft()
        try adoptStoreDraft()
    }

    /// Makes an empty store under another name, and returns where; what was left there is removed.
    @discardableResult
    func makeStoreDraft() throws(ServiceError) -> String {
        let draft = storeDraftPath
        do throws(SystemCalls.Failure) {
            try SystemCalls.makeDirectory(draft)
            for name in try SystemCalls.names(in: draft) { try SystemCalls.remove("\(draft)/\(name)") }
        } catch {
            throw unwritable(OwnFile.store.rawValue + ".new", error)
        }
        do throws(LMDBStoreError) {
            try LMDBStore.create(directory: draft)
        } catch {
            throw explain(error)
        }
        return draft
    }

    /// Gives such a store its own name. Nobody may have it open.
    func adoptStoreDraft() throws(ServiceError) {
        let draft = storeDraftPath
        do throws(SystemCalls.Failure) {
            try SystemCalls.sync(draft)
            try SystemCalls.rename(draft, to: storePath)
            try SystemCalls.sync(path)
        } catch {
            throw unwritable(OwnFile.store.rawValue, error)
        }
    }

    private var remedy: String {
        "restore \(path) from a backup, or remove store and format there to begin with an empty store."
    }

    func explain(_ error: LMDBStoreError) -> ServiceError {
        switch error {
        case .corrupt(_, let reason):
            ServiceError(.storeCorrupt, "The store \(storePath) is damaged (\(reason)): \(remedy)")
        case .otherFormat: ServiceError(.otherVersion, error.description)
        case .unusable: ServiceError(.dataDirectoryUnusable, error.description)
        case .full: ServiceError(.diskFull, error.description)
        }
    }

    func unwritable(_ name: String, _ failure: SystemCalls.Failure) -> ServiceError {
        failure.isFull
            ? ServiceError(.diskFull, "The disk that holds \(path) is full: free some space and start again.")
            : ServiceError(
                .dataDirectoryUnusable,
                "\(file(name)) can't be written (\(failure.reason)): choose another data directory, or repair that.")
    }
}
