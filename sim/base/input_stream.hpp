#pragma once
// A file's text, compressed (gzip, xz, zstd, by libarchive) or not, read from the front to the end
// in the memory of a few buffers. The only place that opens input files.

#include "sim/base/diagnostic.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <variant>

namespace kflow {

class InputStream {
public:
    /// `-` is standard input. Or why it cannot be read.
    static std::variant<InputStream, Diagnostic> open(std::string const& path);
    ~InputStream();
    InputStream(InputStream&& other) noexcept;
    InputStream& operator=(InputStream&& other) noexcept;

    /// Puts the next bytes, decompressed, to `into`: how many. Fewer than there is room for only at
    /// the end. Or why they cannot be had.
    std::variant<std::size_t, Diagnostic> read(std::span<char> into);

    /// Of the file itself, in bytes, where it is neither compressed nor a device; else 0.
    std::size_t plain_size() const;

private:
    class Source;
    explicit InputStream(std::unique_ptr<Source> source);
    std::unique_ptr<Source> source_;
};

} // namespace kflow
