#include "sim/engine/impl.hpp"

#include <array>

namespace kflow::engine {

namespace {
struct Errno {
    std::string_view name;
    int number;
};
constexpr std::array kErrnos{
    Errno{"EPERM", 1},
    Errno{"ENOENT", 2},
    Errno{"ESRCH", 3},
    Errno{"EINTR", 4},
    Errno{"EIO", 5},
    Errno{"E2BIG", 7},
    Errno{"ENOEXEC", 8},
    Errno{"EBADF", 9},
    Errno{"ECHILD", 10},
    Errno{"EAGAIN", 11},
    Errno{"ENOMEM", 12},
    Errno{"EACCES", 13},
    Errno{"EFAULT", 14},
    Errno{"EBUSY", 16},
    Errno{"EEXIST", 17},
    Errno{"ENOTDIR", 20},
    Errno{"EISDIR", 21},
    Errno{"EINVAL", 22},
    Errno{"ENFILE", 23},
    Errno{"EMFILE", 24},
    Errno{"ENOTTY", 25},
    Errno{"ETXTBSY", 26},
    Errno{"EFBIG", 27},
    Errno{"ENOSPC", 28},
    Errno{"ESPIPE", 29},
    Errno{"EROFS", 30},
    Errno{"EPIPE", 32},
    Errno{"ERANGE", 34},
    Errno{"EDEADLK", 35},
    Errno{"ENAMETOOLONG", 36},
    Errno{"ENOSYS", 38},
    Errno{"ELOOP", 40},
    Errno{"ENODATA", 61},
    Errno{"EOVERFLOW", 75},
    Errno{"EUSERS", 87},
    Errno{"EOPNOTSUPP", 95},
    Errno{"ETIMEDOUT", 110},
    Errno{"ERESTARTSYS", 512},
    Errno{"ERESTARTNOINTR", 513},
    Errno{"ERESTARTNOHAND", 514},
    Errno{"ENOIOCTLCMD", 515},
    Errno{"ERESTART_RESTARTBLOCK", 516},
};
} // namespace

int errno_of(std::string_view name) {
    for (auto const& error : kErrnos) {
        if (error.name == name) {
            return error.number;
        }
    }
    return 0;
}

} // namespace kflow::engine
