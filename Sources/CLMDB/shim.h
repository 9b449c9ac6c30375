#include <lmdb.h>
#include <errno.h>
#include <sys/stat.h>

/// The file's size in bytes, or -1.
static inline long long clmdb_file_size(mdb_filehandle_t file) {
    struct stat status;
    return fstat(file, &status) == 0 ? (long long)status.st_size : -1;
}

/// Whether the code of an operation says that the disk or the quota is full.
static inline int clmdb_is_disk_full(int code) { return code == ENOSPC || code == EDQUOT; }

/// Whether the code of an operation says that the file is not what LMDB writes.
static inline int clmdb_is_corrupt(int code) {
    return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND;
}
