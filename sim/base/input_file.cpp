#include "sim/base/input_file.hpp"

#include "sim/base/input_stream.hpp"
#include "sim/base/shared_library.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <unistd.h>

namespace kflow {

namespace {

Diagnostic failure(std::string const& path, std::string const& why, std::string const& hint = "") {
    return {Severity::error, {path, 0, 0}, why, "", hint};
}

/// The functions of libarchive that packing takes.
struct Packers {
    decltype(::archive_write_new)* write_new;
    decltype(::archive_write_free)* write_free;
    decltype(::archive_write_add_filter_zstd)* zstd;
    decltype(::archive_write_set_filter_option)* option;
    decltype(::archive_write_set_format_raw)* raw;
    decltype(::archive_write_set_bytes_per_block)* block;
    decltype(::archive_write_open_memory)* open_memory;
    decltype(::archive_write_header)* header;
    decltype(::archive_write_data)* data;
    decltype(::archive_write_close)* close;
    decltype(::archive_entry_new)* entry_new;
    decltype(::archive_entry_free)* entry_free;
    decltype(::archive_entry_set_filetype)* filetype;
};

std::optional<Packers> load_packers() {
    SharedLibrary const library(KFLOW_LIBARCHIVE);
    Packers found{};
    bool const all = library.find("archive_write_new", found.write_new) &&
                     library.find("archive_write_free", found.write_free) &&
                     library.find("archive_write_add_filter_zstd", found.zstd) &&
                     library.find("archive_write_set_filter_option", found.option) &&
                     library.find("archive_write_set_format_raw", found.raw) &&
                     library.find("archive_write_set_bytes_per_block", found.block) &&
                     library.find("archive_write_open_memory", found.open_memory) &&
                     library.find("archive_write_header", found.header) &&
                     library.find("archive_write_data", found.data) &&
                     library.find("archive_write_close", found.close) &&
                     library.find("archive_entry_new", found.entry_new) &&
                     library.find("archive_entry_free", found.entry_free) &&
                     library.find("archive_entry_set_filetype", found.filetype);
    return all ? std::optional(found) : std::nullopt;
}

/// By zstd, as small as it makes it in little time; nothing where libarchive cannot.
std::optional<std::string> pack(std::string_view bytes) {
    auto const packers = load_packers();
    if (!packers) {
        return std::nullopt;
    }
    constexpr std::size_t kNeverLonger = 1 << 16; // what zstd adds to what it cannot compress
    std::string packed(bytes.size() + kNeverLonger, '\0');
    std::size_t used = 0;
    std::unique_ptr<archive, decltype(packers->write_free)> const writer(packers->write_new(),
                                                                         packers->write_free);
    std::unique_ptr<archive_entry, decltype(packers->entry_free)> const entry(packers->entry_new(),
                                                                              packers->entry_free);
    packers->filetype(entry.get(), AE_IFREG);
    auto* const to = writer.get();
    bool const good =
        packers->zstd(to) == ARCHIVE_OK &&
        packers->option(to, "zstd", "compression-level", "19") == ARCHIVE_OK &&
        packers->raw(to) == ARCHIVE_OK && packers->block(to, 1) == ARCHIVE_OK &&
        packers->open_memory(to, packed.data(), packed.size(), &used) == ARCHIVE_OK &&
        packers->header(to, entry.get()) == ARCHIVE_OK &&
        packers->data(to, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()) &&
        packers->close(to) == ARCHIVE_OK;
    packed.resize(used);
    return good ? std::optional(std::move(packed)) : std::nullopt;
}

bool write_all(std::FILE* file, std::string_view bytes) {
    bool const good = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    return std::fclose(file) == 0 && good;
}

/// A device, a pipe: to be written into, never to be replaced by a file.
bool is_special(std::string const& path) {
    std::error_code error;
    auto const status = std::filesystem::status(path, error);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
           !std::filesystem::is_directory(status);
}

/// At no time is there no file of that name. One that exists is exchanged first: renaming over it
/// makes ext4 write everything out at once, which takes longer than a run.
bool replace(std::string const& path, std::string const& by) {
    std::error_code none;
    if (std::filesystem::is_regular_file(std::filesystem::symlink_status(path, none)) &&
        ::renameat2(AT_FDCWD, by.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
        return std::remove(by.c_str()) == 0;
    }
    return std::rename(by.c_str(), path.c_str()) == 0;
}

} // namespace

std::variant<std::string, Diagnostic> read_input(std::string const& path) {
    auto opened = InputStream::open(path);
    if (auto* const wrong = std::get_if<Diagnostic>(&opened)) {
        return std::move(*wrong);
    }
    auto& stream = std::get<InputStream>(opened);
    constexpr std::size_t step = 1 << 16;
    std::string bytes;
    bytes.reserve(stream.plain_size() + step);
    for (std::size_t had = 0;; had = bytes.size()) {
        bytes.resize(had + step);
        auto const got = stream.read(std::span(bytes).subspan(had));
        if (auto const* const wrong = std::get_if<Diagnostic>(&got)) {
            return *wrong;
        }
        bytes.resize(had + std::get<std::size_t>(got));
        if (std::get<std::size_t>(got) < step) {
            return bytes;
        }
    }
}

std::optional<Diagnostic> write_output(std::string const& path, std::string_view content) {
    std::optional<std::string> packed;
    if (path.ends_with(".zst")) {
        packed = pack(content);
        if (!packed) {
            return failure(path, fmt::format("cannot be compressed by {}", KFLOW_LIBARCHIVE),
                           "is the package libarchive13 installed?");
        }
    }
    std::string_view const bytes = packed ? *packed : content;
    if (path == "-") {
        if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() ||
            std::fflush(stdout) != 0) {
            return failure("standard output",
                           fmt::format("cannot be written: {}", std::strerror(errno)));
        }
        return std::nullopt;
    }
    if (is_special(path)) {
        std::FILE* const device = std::fopen(path.c_str(), "wb");
        if (!device || !write_all(device, bytes)) {
            return failure(path, fmt::format("cannot be written: {}", std::strerror(errno)));
        }
        return std::nullopt;
    }
    std::string const temporary = fmt::format("{}.{}.tmp", path, ::getpid());
    std::FILE* file = std::fopen(temporary.c_str(), "wb");
    if (!file) {
        return failure(path, fmt::format("cannot be written: {}", std::strerror(errno)));
    }
    if (!write_all(file, bytes) || !replace(path, temporary)) {
        auto const why = fmt::format("cannot be written: {}", std::strerror(errno));
        std::remove(temporary.c_str());
        return failure(path, why);
    }
    return std::nullopt;
}

} // namespace kflow
