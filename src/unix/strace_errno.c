/* SPDX-License-Identifier: Apache-2.0 */
/* strace_errno.c - how a system call failed, in words: those of the C library. */
#include "lib/errno.h"

#include "unix/signal.h"
#include "unix/strace_names.h"

struct failure {
    int         err;
    const char *name, *text;
};

#define FAILURE(name, text) \
    {                       \
        name, #name, text   \
    }

static const struct failure failures[] = {
    FAILURE(EPERM, "Operation not permitted"),
    FAILURE(ENOENT, "No such file or directory"),
    FAILURE(ESRCH, "No such process"),
    FAILURE(EINTR, "Interrupted system call"),
    FAILURE(EIO, "Input/output error"),
    FAILURE(ENXIO, "No such device or address"),
    FAILURE(E2BIG, "Argument list too long"),
    FAILURE(ENOEXEC, "Exec format error"),
    FAILURE(EBADF, "Bad file descriptor"),
    FAILURE(ECHILD, "No child processes"),
    FAILURE(EAGAIN, "Resource temporarily unavailable"),
    FAILURE(ENOMEM, "Cannot allocate memory"),
    FAILURE(EACCES, "Permission denied"),
    FAILURE(EFAULT, "Bad address"),
    FAILURE(EBUSY, "Device or resource busy"),
    FAILURE(EEXIST, "File exists"),
    FAILURE(EXDEV, "Invalid cross-device link"),
    FAILURE(ENODEV, "No such device"),
    FAILURE(ENOTDIR, "Not a directory"),
    FAILURE(EISDIR, "Is a directory"),
    FAILURE(EINVAL, "Invalid argument"),
    FAILURE(ENFILE, "Too many open files in system"),
    FAILURE(EMFILE, "Too many open files"),
    FAILURE(ENOTTY, "Inappropriate ioctl for device"),
    FAILURE(ETXTBSY, "Text file busy"),
    FAILURE(EFBIG, "File too large"),
    FAILURE(ENOSPC, "No space left on device"),
    FAILURE(ESPIPE, "Illegal seek"),
    FAILURE(EROFS, "Read-only file system"),
    FAILURE(EMLINK, "Too many links"),
    FAILURE(EPIPE, "Broken pipe"),
    FAILURE(EDOM, "Numerical argument out of domain"),
    FAILURE(ERANGE, "Numerical result out of range"),
    FAILURE(EDEADLK, "Resource deadlock avoided"),
    FAILURE(ENAMETOOLONG, "File name too long"),
    FAILURE(ENOLCK, "No locks available"),
    FAILURE(ENOSYS, "Function not implemented"),
    FAILURE(ENOTEMPTY, "Directory not empty"),
    FAILURE(ELOOP, "Too many levels of symbolic links"),
    FAILURE(ENODATA, "No data available"),
    FAILURE(EOVERFLOW, "Value too large for defined data type"),
    FAILURE(ELIBBAD, "Accessing a corrupted shared library"),
    FAILURE(EILSEQ, "Invalid or incomplete multibyte or wide character"),
    FAILURE(ENOTSOCK, "Socket operation on non-socket"),
    FAILURE(EDESTADDRREQ, "Destination address required"),
    FAILURE(EMSGSIZE, "Message too long"),
    FAILURE(EPROTOTYPE, "Protocol wrong type for socket"),
    FAILURE(ENOPROTOOPT, "Protocol not available"),
    FAILURE(EPROTONOSUPPORT, "Protocol not supported"),
    FAILURE(ESOCKTNOSUPPORT, "Socket type not supported"),
    FAILURE(EOPNOTSUPP, "Operation not supported"),
    FAILURE(EAFNOSUPPORT, "Address family not supported by protocol"),
    FAILURE(EADDRINUSE, "Address already in use"),
    FAILURE(EADDRNOTAVAIL, "Cannot assign requested address"),
    FAILURE(ENETUNREACH, "Network is unreachable"),
    FAILURE(ECONNABORTED, "Software caused connection abort"),
    FAILURE(ECONNRESET, "Connection reset by peer"),
    FAILURE(ENOBUFS, "No buffer space available"),
    FAILURE(EISCONN, "Transport endpoint is already connected"),
    FAILURE(ENOTCONN, "Transport endpoint is not connected"),
    FAILURE(ETIMEDOUT, "Connection timed out"),
    FAILURE(ECONNREFUSED, "Connection refused"),
    FAILURE(EALREADY, "Operation already in progress"),
    FAILURE(EINPROGRESS, "Operation now in progress"),
    FAILURE(ECANCELED, "Operation canceled"),
};

/* What no program sees: what becomes of the call is decided by the signal that follows. */
static const struct failure restarts[] = {
    FAILURE(ERESTARTSYS, "To be restarted if SA_RESTART is set"),
    FAILURE(ERESTARTNOHAND, "To be restarted if no handler"),
    FAILURE(ERESTART_RESTARTBLOCK, "Interrupted by signal"),
};

static const struct failure *find(const struct failure *list, size_t count, int err)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].err == err)
            return &list[i];
    }
    return NULL;
}

void text_errno(struct text *t, int err)
{
    const struct failure *f = find(failures, ARRAY_LEN(failures), err);
    if (f)
        text_str(t, f->name);
    else
        text_printf(t, "%d", err);
}

void text_failure(struct text *t, int64_t result)
{
    int                   err = (int)-result;
    const struct failure *f = find(restarts, ARRAY_LEN(restarts), err);
    if (f) {
        text_printf(t, "? %s (%s)", f->name, f->text);
        return;
    }
    f = find(failures, ARRAY_LEN(failures), err);
    if (f)
        text_printf(t, "-1 %s (%s)", f->name, f->text);
    else
        text_printf(t, "-1 ERRNO_%d (Unknown error %d)", err, err);
}
