#include <lmdb.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/// The file's size in bytes, or -1.
static inline long long clmdb_file_size(mdb_filehandle_t file) {
    struct stat status;
    return fstat(file, &status) == 0 ? (long long)status.st_size : -1;
}

/// Whether an operation in the directory failed as the disk or the quota is full. LMDB calls a write that the end of the disk
/// cut short an input/output error, so then the disk is asked: some blocks may still be free for others.
static inline int clmdb_is_disk_full(int code, const char *directory) {
    struct statvfs disk;
    if (code == ENOSPC || code == EDQUOT) return 1;
    return code == EIO && statvfs(directory, &disk) == 0 && disk.f_bavail < 16;
}

/// Whether the code of an operation says that the file is not what LMDB writes.
static inline int clmdb_is_corrupt(int code) {
    return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND;
}
