#include "sim/model/compile_function.hpp"

#include <algorithm>

namespace kflow::model {

namespace {

constexpr std::string_view kNames = // sorted, each followed by a space
    "E2BIG EACCES EADDRINUSE EAGAIN EALREADY EBADF EBADFD EBADMSG EBADR EBUSY ECANCELED "
    "ECHILD ECONNRESET EDEADLK EDOM EDQUOT EEXIST EFAULT EFBIG EHWPOISON EIDRM EILSEQ "
    "EINPROGRESS EINTR EINVAL EIO EIOCBQUEUED EISDIR EKEYEXPIRED EKEYREVOKED ELIBACC "
    "ELIBBAD ELOOP EMFILE EMLINK EMSGSIZE ENAMETOOLONG ENFILE ENOBUFS ENODATA ENODEV "
    "ENOENT ENOEXEC ENOIOCTLCMD ENOKEY ENOLCK ENOLINK ENOMEM ENOMSG ENOPARAM ENOSPC ENOSR "
    "ENOSTR ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK ENOTSUPP "
    "ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPIPE EPROBE_DEFER EPROTO ERANGE "
    "ERECALLCONFLICT ERESTART ERESTARTNOHAND ERESTARTNOINTR ERESTARTSYS "
    "ERESTART_RESTARTBLOCK EROFS ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETXTBSY EUSERS "
    "EWOULDBLOCK EXDEV ";

} // namespace

std::vector<std::string_view> const& errno_names() {
    static std::vector<std::string_view> const names = [] {
        std::vector<std::string_view> all;
        for (std::size_t begin = 0; begin < kNames.size();) {
            std::size_t const end = kNames.find(' ', begin);
            all.push_back(kNames.substr(begin, end - begin));
            begin = end + 1;
        }
        return all;
    }();
    return names;
}

bool is_errno(std::string_view name) {
    auto const& names = errno_names();
    return std::binary_search(names.begin(), names.end(), name);
}

} // namespace kflow::model
