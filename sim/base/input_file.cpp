#include "sim/base/input_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

namespace kflow {

namespace {

struct ArchiveDeleter {
    void operator()(archive* a) const { archive_read_free(a); }
};
using ArchiveReader = std::unique_ptr<archive, ArchiveDeleter>;

Diagnostic failure(std::string const& path, std::string const& why, std::string const& hint = "") {
    return {Severity::error, {path, 0, 0}, why, "", hint};
}

ArchiveReader open_raw(std::string const& path) {
    ArchiveReader reader(archive_read_new());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_xz(reader.get());
    archive_read_support_filter_zstd(reader.get());
    archive_read_support_format_raw(reader.get());
    archive_read_support_format_empty(reader.get());
    char const* name = path == "-" ? nullptr : path.c_str();
    if (archive_read_open_filename(reader.get(), name, 1 << 16) != ARCHIVE_OK) {
        return nullptr;
    }
    return reader;
}

} // namespace

std::variant<std::string, Diagnostic> read_input(std::string const& path) {
    if (path != "-") {
        std::error_code error;
        auto const status = std::filesystem::status(path, error);
        if (!std::filesystem::exists(status)) {
            return failure(path, "cannot be read: no such file");
        }
        if (std::filesystem::is_directory(status)) {
            return failure(path, "cannot be read: it is a directory", "name one file in it");
        }
        if (::access(path.c_str(), R_OK) != 0) {
            return failure(path, fmt::format("cannot be read: {}", std::strerror(errno)));
        }
    }
    auto const reader = open_raw(path);
    if (!reader) {
        return failure(path, "cannot be opened");
    }
    std::string bytes;
    archive_entry* entry = nullptr;
    int const header = archive_read_next_header(reader.get(), &entry);
    if (header == ARCHIVE_EOF) {
        return bytes;
    }
    std::array<char, 1 << 16> chunk;
    la_ssize_t got = header == ARCHIVE_OK ? 1 : -1;
    while (got > 0) {
        got = archive_read_data(reader.get(), chunk.data(), chunk.size());
        if (got > 0) {
            bytes.append(chunk.data(), static_cast<std::size_t>(got));
        }
    }
    if (got < 0) {
        char const* why = archive_error_string(reader.get());
        return failure(path, fmt::format("cannot be decompressed: {}", why ? why : "damaged"),
                       "is the file whole?");
    }
    return bytes;
}

std::optional<Diagnostic> write_output(std::string const& path, std::string_view bytes) {
    if (path == "-") {
        if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0) {
            return failure("standard output", fmt::format("cannot be written: {}", std::strerror(errno)));
        }
        return std::nullopt;
    }
    std::string const temporary = fmt::format("{}.{}.tmp", path, ::getpid());
    std::FILE* file = std::fopen(temporary.c_str(), "wb");
    if (!file) {
        return failure(path, fmt::format("cannot be written: {}", std::strerror(errno)));
    }
    bool good = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    good = std::fclose(file) == 0 && good;
    if (!good || std::rename(temporary.c_str(), path.c_str()) != 0) {
        auto const why = fmt::format("cannot be written: {}", std::strerror(errno));
        std::remove(temporary.c_str());
        return failure(path, why);
    }
    return std::nullopt;
}

} // namespace kflow
