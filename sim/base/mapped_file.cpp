#include "sim/base/mapped_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kflow {

namespace {

Diagnostic unreadable(std::string const& path, int why) {
    return {Severity::error,
            {path, 0, 0},
            why == ENOENT ? std::string("cannot be read: no such file")
                          : fmt::format("cannot be read: {}", std::strerror(why)),
            "",
            ""};
}

} // namespace

std::variant<MappedFile, Diagnostic> MappedFile::open(std::string const& path) {
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return unreadable(path, errno);
    }
    MappedFile file;
    struct stat status {};
    int why = ::fstat(fd, &status) == 0 ? 0 : errno;
    auto const size = static_cast<std::size_t>(status.st_size);
    if (why == 0 && size > 0) {
        void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED) {
            why = errno;
        } else {
            file.text_ = {static_cast<char const*>(at), size};
        }
    }
    ::close(fd);
    if (why != 0) {
        return unreadable(path, why);
    }
    return file;
}

MappedFile::~MappedFile() {
    if (!text_.empty()) {
        ::munmap(const_cast<char*>(text_.data()), text_.size());
    }
}

MappedFile::MappedFile(MappedFile&& other) noexcept : text_(std::exchange(other.text_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
}

} // namespace kflow
