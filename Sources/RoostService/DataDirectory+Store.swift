import LMDBStore

/// The store of a directory, which the file `format` says that there is.
///
/// An empty file in place of a store is no store, but neither is it a reason to begin a new one: what others were told is
/// kept here would be gone. So the store is made under another name and gets its own when it is whole; and when keys and
/// store are there, the file `format` says so. Where that is found, what is missing has got lost and is not made anew;
/// where it isn't, the first start did not come that far, and the next goes on.
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
        let draft = file("store.new")
        do throws(SystemCalls.Failure) {
            try SystemCalls.makeDirectory(draft)
            for name in try SystemCalls.names(in: draft) { try SystemCalls.remove("\(draft)/\(name)") }
        } catch {
            throw unwritable("store.new", error)
        }
        do throws(LMDBStoreError) {
            try LMDBStore.create(directory: draft)
        } catch {
            throw explain(error)
        }
        do throws(SystemCalls.Failure) {
            try SystemCalls.sync(draft)
            try SystemCalls.rename(draft, to: storePath)
            try SystemCalls.sync(path)
        } catch {
            throw unwritable("store", error)
        }
    }

    private var remedy: String {
        "restore \(path) from a backup, or remove store and format there to begin with an empty store."
    }

    private func explain(_ error: LMDBStoreError) -> ServiceError {
        switch error {
        case .corrupt(_, let reason):
            ServiceError(.storeCorrupt, "The store \(storePath) is damaged (\(reason)): \(remedy)")
        case .otherFormat: ServiceError(.storeNewer, error.description)
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
