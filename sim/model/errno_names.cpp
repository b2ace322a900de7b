#include "sim/model/compile_function.hpp"

#include <algorithm>

namespace kflow::model {

std::vector<std::string_view> const& errno_names() {
    static std::vector<std::string_view> const names = [] {
        std::vector<std::string_view> all{"EPERM",
                                          "ENOENT",
                                          "ESRCH",
                                          "EINTR",
                                          "EIO",
                                          "ENXIO",
                                          "E2BIG",
                                          "ENOEXEC",
                                          "EBADF",
                                          "ECHILD",
                                          "EAGAIN",
                                          "ENOMEM",
                                          "EACCES",
                                          "EFAULT",
                                          "ENOTBLK",
                                          "EBUSY",
                                          "EEXIST",
                                          "EXDEV",
                                          "ENODEV",
                                          "ENOTDIR",
                                          "EISDIR",
                                          "EINVAL",
                                          "ENFILE",
                                          "EMFILE",
                                          "ENOTTY",
                                          "ETXTBSY",
                                          "EFBIG",
                                          "ENOSPC",
                                          "ESPIPE",
                                          "EROFS",
                                          "EMLINK",
                                          "EPIPE",
                                          "EDOM",
                                          "ERANGE",
                                          "EDEADLK",
                                          "ENAMETOOLONG",
                                          "ENOLCK",
                                          "ENOSYS",
                                          "ENOTEMPTY",
                                          "ELOOP",
                                          "EWOULDBLOCK",
                                          "ENOMSG",
                                          "EIDRM",
                                          "ENOSTR",
                                          "ENODATA",
                                          "ETIME",
                                          "ENOSR",
                                          "ENOLINK",
                                          "EPROTO",
                                          "EBADMSG",
                                          "EOVERFLOW",
                                          "EBADFD",
                                          "ELIBACC",
                                          "ELIBBAD",
                                          "EILSEQ",
                                          "ERESTART",
                                          "EUSERS",
                                          "ENOTSOCK",
                                          "EOPNOTSUPP",
                                          "ENOTSUPP",
                                          "EADDRINUSE",
                                          "ENOBUFS",
                                          "ETIMEDOUT",
                                          "EALREADY",
                                          "EINPROGRESS",
                                          "ESTALE",
                                          "EDQUOT",
                                          "ECANCELED",
                                          "ENOKEY",
                                          "EKEYEXPIRED",
                                          "EKEYREVOKED",
                                          "EOWNERDEAD",
                                          "ENOTRECOVERABLE",
                                          "EHWPOISON",
                                          "ERESTARTSYS",
                                          "ERESTARTNOINTR",
                                          "ERESTARTNOHAND",
                                          "ERESTART_RESTARTBLOCK",
                                          "ENOIOCTLCMD",
                                          "ENOPARAM",
                                          "EIOCBQUEUED",
                                          "ERECALLCONFLICT",
                                          "EPROBE_DEFER",
                                          "EBADR",
                                          "EMSGSIZE",
                                          "ECONNRESET",
                                          "ENOTCONN"};
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

bool is_errno(std::string_view name) {
    auto const& names = errno_names();
    return std::binary_search(names.begin(), names.end(), name);
}

} // namespace kflow::model
