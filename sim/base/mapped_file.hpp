#pragma once
// A file of the model, seen as text without being copied: only the pages that are looked at are
// read. For files that come with kflow and are never compressed; what a user hands in goes through
// read_input(), which tells more.

#include "sim/base/diagnostic.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace kflow {

class MappedFile {
public:
    MappedFile() = default;
    /// The file's bytes, or why they cannot be had.
    static std::variant<MappedFile, Diagnostic> open(std::string const& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;

    /// Lives as long as this, and stays where it is when this is moved.
    std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

} // namespace kflow
