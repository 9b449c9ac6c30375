#include <lmdb.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

// What the store asks of the system beside LMDB: here, so that it needs no C library by name.

/// Opens a file for reading, or returns -1.
static inline int clmdb_open(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
#ifdef POSIX_FADV_WILLNEED
    // All of it is about to be read, in no order: let the disk do so in its own.
    if (file >= 0) posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
#endif
    return file;
}

static inline void clmdb_close(int file) { close(file); }

/// The last error.
static inline int clmdb_error(void) { return errno; }

/// Reads `count` bytes from `offset`, and returns how many there were before the end of the file, or -1.
static inline long clmdb_read(int file, void *bytes, long count, long long offset) {
    long done = 0;
    while (done < count) {
        long part = pread(file, (char *)bytes + done, (size_t)(count - done), (off_t)(offset + done));
        if (part == 0) break;
        if (part > 0) done += part;
        else if (errno != EINTR) return -1;
    }
    return done;
}

/// The file's size in bytes, or -1.
static inline long long clmdb_file_size(mdb_filehandle_t file) {
    struct stat status;
    return fstat(file, &status) == 0 ? (long long)status.st_size : -1;
}

/// What tells the file of a name from any other that may come to have the name. Returns 0 or the error.
static inline int clmdb_identity(const char *path, unsigned long long *device, unsigned long long *number) {
    struct stat status;
    if (stat(path, &status) != 0) return errno;
    *device = (unsigned long long)status.st_dev;
    *number = (unsigned long long)status.st_ino;
    return 0;
}

/// Whether an error says that there is no such file.
static inline int clmdb_is_missing(int code) { return code == ENOENT || code == ENOTDIR || code == ELOOP; }

/// Whether an open file has no name any more: what is written to it ends with the program.
static inline int clmdb_is_nameless(mdb_filehandle_t file) {
    struct stat status;
    return fstat(file, &status) == 0 && status.st_nlink == 0;
}

/// Makes the file at least `size` bytes long and has the disk set the room for them aside, so that writing there later can't
/// find it full. Returns 0 or the error. Where the file system knows no such thing, the file only becomes longer.
static inline int clmdb_reserve(mdb_filehandle_t file, long long size) {
    long long present = clmdb_file_size(file);
#ifdef __linux__
    while (fallocate(file, 0, 0, size) != 0) {
        if (errno == EINTR) continue;
        if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
        break;
    }
#endif
    if (present < 0) return errno;
    present = clmdb_file_size(file);
    return present >= size || ftruncate(file, size) == 0 ? 0 : errno;
}

/// The bytes of the disk that holds the file, and those of them that this user may still fill. Returns 0 or the error.
static inline int clmdb_disk(mdb_filehandle_t file, long long *size, long long *room) {
    struct statvfs disk;
    if (fstatvfs(file, &disk) != 0) return errno;
    *size = (long long)disk.f_blocks * (long long)disk.f_frsize;
    *room = (long long)disk.f_bavail * (long long)disk.f_frsize;
    return 0;
}

/// Whether an operation in the directory failed as the disk, the quota or what a file may grow to is used up. LMDB calls a
/// write that the end of the disk cut short an input/output error, so then the disk is asked: some blocks may still be free
/// for others.
static inline int clmdb_is_disk_full(int code, const char *directory) {
    struct statvfs disk;
    if (code == ENOSPC || code == EDQUOT || code == EFBIG) return 1;
    return code == EIO && statvfs(directory, &disk) == 0 && disk.f_bavail < 16;
}

/// Whether the code of an operation says that the file is not what LMDB writes.
static inline int clmdb_is_corrupt(int code) {
    return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND;
}
