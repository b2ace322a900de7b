#include "sim/base/input_stream.hpp"

#include "sim/base/shared_library.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace kflow {

namespace {

constexpr std::size_t kBlock = 1 << 16;

Diagnostic failure(std::string const& path, std::string const& why, std::string const& hint = "") {
    return {Severity::error, {path, 0, 0}, why, "", hint};
}

Diagnostic unreadable(std::string const& path, int why) {
    if (why == EISDIR) {
        return failure(path, "cannot be read: it is a directory", "name one file in it");
    }
    return failure(path, why == ENOENT ? "cannot be read: no such file"
                                       : fmt::format("cannot be read: {}", std::strerror(why)));
}

/// The functions of libarchive that unpacking takes.
struct Archives {
    decltype(::archive_read_new)* read_new;
    decltype(::archive_read_free)* read_free;
    decltype(::archive_read_support_filter_gzip)* gzip;
    decltype(::archive_read_support_filter_xz)* xz;
    decltype(::archive_read_support_filter_zstd)* zstd;
    decltype(::archive_read_support_format_raw)* raw;
    decltype(::archive_read_support_format_empty)* empty;
    decltype(::archive_read_open)* open;
    decltype(::archive_read_next_header)* next_header;
    decltype(::archive_read_data)* data;
    decltype(::archive_error_string)* error_string;
};

std::optional<Archives> load_archives() {
    SharedLibrary const library(KFLOW_LIBARCHIVE);
    Archives found{};
    bool const all = library.find("archive_read_new", found.read_new) &&
                     library.find("archive_read_free", found.read_free) &&
                     library.find("archive_read_support_filter_gzip", found.gzip) &&
                     library.find("archive_read_support_filter_xz", found.xz) &&
                     library.find("archive_read_support_filter_zstd", found.zstd) &&
                     library.find("archive_read_support_format_raw", found.raw) &&
                     library.find("archive_read_support_format_empty", found.empty) &&
                     library.find("archive_read_open", found.open) &&
                     library.find("archive_read_next_header", found.next_header) &&
                     library.find("archive_read_data", found.data) &&
                     library.find("archive_error_string", found.error_string);
    return all ? std::optional(found) : std::nullopt;
}

bool is_packed(std::string_view bytes) {
    constexpr std::string_view gzip("\x1f\x8b", 2);
    constexpr std::string_view xz("\xfd\x37\x7a\x58\x5a\0", 6);
    constexpr std::string_view zstd("\x28\xb5\x2f\xfd", 4);
    return bytes.starts_with(gzip) || bytes.starts_with(xz) || bytes.starts_with(zstd);
}

/// The bytes of a file as they are, the first of them looked at before they are read.
class File {
public:
    File(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    ~File() {
        if (fd_ != STDIN_FILENO) {
            ::close(fd_);
        }
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;

    std::string const& path() const { return path_; }

    /// Looks at the first bytes; nothing on success.
    std::optional<Diagnostic> begin() {
        auto const got = read_on(head_);
        if (got < 0) {
            return unreadable(path_, errno);
        }
        head_size_ = static_cast<std::size_t>(got);
        return std::nullopt;
    }
    std::string_view head() const { return {head_.data(), head_size_}; }

    /// -1 with errno set where they cannot be read; fewer than there is room for only at the end.
    std::ptrdiff_t read(std::span<char> into) {
        auto const first = std::min(into.size(), head_size_ - head_used_);
        std::copy_n(head_.data() + head_used_, first, into.data());
        head_used_ += first;
        auto const rest = read_on(into.subspan(first));
        return rest < 0 ? rest : rest + static_cast<std::ptrdiff_t>(first);
    }

    std::size_t regular_size() const {
        struct stat status {};
        return ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)
                   ? static_cast<std::size_t>(status.st_size)
                   : 0;
    }

private:
    std::ptrdiff_t read_on(std::span<char> into) const {
        std::size_t read = 0;
        while (read < into.size()) {
            auto const got = ::read(fd_, into.data() + read, into.size() - read);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                return -1;
            }
            if (got == 0) {
                break;
            }
            read += static_cast<std::size_t>(got);
        }
        return static_cast<std::ptrdiff_t>(read);
    }

    std::string path_;
    int fd_;
    std::array<char, 8> head_{};
    std::size_t head_size_ = 0;
    std::size_t head_used_ = 0;
};

} // namespace

/// A file as it is, or what libarchive makes of it.
class InputStream::Source {
public:
    Source(std::string path, int fd) : file_(std::move(path), fd) {}
    ~Source() {
        if (reader_) {
            archives_->read_free(reader_);
        }
    }
    Source(Source const&) = delete;
    Source& operator=(Source const&) = delete;

    std::optional<Diagnostic> begin() {
        auto wrong = file_.begin();
        return wrong || !is_packed(file_.head()) ? wrong : begin_unpacking();
    }

    std::variant<std::size_t, Diagnostic> read(std::span<char> into) {
        if (is_empty_) {
            return std::size_t{0};
        }
        auto const got = reader_ ? unpack(into) : file_.read(into);
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        return reader_ ? damaged() : unreadable(file_.path(), errno);
    }

    std::size_t plain_size() const { return reader_ ? 0 : file_.regular_size(); }

private:
    std::optional<Diagnostic> begin_unpacking() {
        archives_ = load_archives();
        if (!archives_) {
            return failure(file_.path(),
                           fmt::format("is compressed, and {} cannot be loaded", KFLOW_LIBARCHIVE),
                           "is the package libarchive13 installed?");
        }
        reader_ = archives_->read_new();
        archives_->gzip(reader_);
        archives_->xz(reader_);
        archives_->zstd(reader_);
        archives_->raw(reader_);
        archives_->empty(reader_);
        archive_entry* entry = nullptr;
        int status = archives_->open(reader_, this, nullptr, read_packed, nullptr);
        if (status == ARCHIVE_OK) {
            status = archives_->next_header(reader_, &entry);
        }
        is_empty_ = status == ARCHIVE_EOF;
        return status == ARCHIVE_OK || is_empty_ ? std::nullopt : std::optional(damaged());
    }

    /// What libarchive calls for more of the file.
    static la_ssize_t read_packed(archive*, void* source, void const** bytes) {
        auto& self = *static_cast<Source*>(source);
        *bytes = self.block_.data();
        return self.file_.read(self.block_);
    }

    std::ptrdiff_t unpack(std::span<char> into) {
        std::size_t unpacked = 0;
        while (unpacked < into.size()) {
            auto const got =
                archives_->data(reader_, into.data() + unpacked, into.size() - unpacked);
            if (got < 0) {
                return -1;
            }
            if (got == 0) {
                break;
            }
            unpacked += static_cast<std::size_t>(got);
        }
        return static_cast<std::ptrdiff_t>(unpacked);
    }

    Diagnostic damaged() const {
        char const* const why = archives_->error_string(reader_);
        return failure(file_.path(),
                       fmt::format("cannot be decompressed: {}", why ? why : "damaged"),
                       "is the file whole?");
    }

    File file_;
    std::optional<Archives> archives_;
    archive* reader_ = nullptr; ///< null: the file is not compressed
    bool is_empty_ = false;
    std::array<char, kBlock> block_{};
};

InputStream::InputStream(std::unique_ptr<Source> source) : source_(std::move(source)) {}
InputStream::~InputStream() = default;
InputStream::InputStream(InputStream&& other) noexcept = default;
InputStream& InputStream::operator=(InputStream&& other) noexcept = default;

std::variant<InputStream, Diagnostic> InputStream::open(std::string const& path) {
    int const fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return unreadable(path, errno);
    }
    auto source = std::make_unique<Source>(path, fd);
    if (auto wrong = source->begin()) {
        return std::move(*wrong);
    }
    return InputStream(std::move(source));
}

std::variant<std::size_t, Diagnostic> InputStream::read(std::span<char> into) {
    return source_->read(into);
}

std::size_t InputStream::plain_size() const {
    return source_->plain_size();
}

} // namespace kflow
