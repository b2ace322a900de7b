#include "sim/model/model.hpp"

#include "sim/model/parser.hpp"
#include "sim/model/reporter.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kflow::model {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".flow";

/// Model files are never compressed, and there are hundreds: the reader of captures costs several
/// times this.
bool read_whole(std::string const& path, std::string& text) {
    int const fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    struct stat status {};
    bool good = ::fstat(fd, &status) == 0;
    text.resize(good ? static_cast<std::size_t>(status.st_size) : 0);
    std::size_t have = 0;
    while (good && have < text.size()) {
        ssize_t const got = ::read(fd, text.data() + have, text.size() - have);
        good = got >= 0 || errno == EINTR;
        if (got == 0) {
            break;
        }
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    text.resize(have);
    int const why = errno;
    ::close(fd);
    errno = why;
    return good;
}

/// FNV-1a over words of eight bytes, folded so that the high ones count too.
void hash_into(std::uint64_t& hash, std::string_view text) {
    auto const mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0x100000001b3;
        hash ^= hash >> 32;
    };
    auto const word = [&text](std::size_t size) { // the same on every machine
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            value |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
        }
        return value;
    };
    mix(text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) {
        mix(word(8));
    }
    mix(word(text.size()));
}

} // namespace

std::vector<std::string> flow_files(std::string const& root) {
    std::vector<std::string> paths;
    std::error_code error;
    fs::recursive_directory_iterator it(root, fs::directory_options::follow_directory_symlink,
                                        error);
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        if (it.depth() == 0 && it->path().filename() == "builds") {
            it.disable_recursion_pending();
        } else if (auto const& path = it->path().native();
                   path.size() > root.size() + kSuffix.size() &&
                   path.compare(path.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0 &&
                   !it->is_directory(error)) {
            std::size_t const begin = root.size() + (path[root.size()] == '/' ? 1 : 0);
            paths.push_back(path.substr(begin));
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::shared_ptr<Model const> Model::load(std::string const& root) {
    auto model = std::make_shared<Model>();
    auto const paths = flow_files(root);
    if (paths.empty()) {
        model->diagnostics_.push_back({Severity::error,
                                       {root, 0, 0},
                                       "no *.flow file below it",
                                       "",
                                       "name the model's folder by --model"});
    }
    for (auto const& path : paths) {
        std::string text;
        if (!read_whole(root + "/" + path, text)) {
            model->diagnostics_.push_back({Severity::error,
                                           {path, 0, 0},
                                           fmt::format("cannot be read: {}", std::strerror(errno)),
                                           "",
                                           ""});
            continue;
        }
        model->files_.push_back(parse(path, std::move(text), model->diagnostics_));
    }
    return model;
}

std::shared_ptr<Model const>
Model::from_texts(std::vector<std::pair<std::string, std::string>> texts) {
    auto model = std::make_shared<Model>();
    std::sort(texts.begin(), texts.end());
    for (auto& [path, text] : texts) {
        model->files_.push_back(parse(path, std::move(text), model->diagnostics_));
    }
    return model;
}

std::string Model::version() const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (auto const& file : files_) {
        hash_into(hash, file->path);
        hash_into(hash, file->text);
    }
    return fmt::format("{:016x}", hash);
}

ast::File const* Model::file(std::string_view path) const {
    auto const found =
        std::lower_bound(files_.begin(), files_.end(), path,
                         [](auto const& file, std::string_view p) { return file->path < p; });
    return found != files_.end() && (*found)->path == path ? found->get() : nullptr;
}

std::string_view Model::line(std::string_view path, std::uint32_t number) const {
    auto const* found = file(path);
    return found ? line_text(*found, number) : std::string_view();
}

std::string_view tree_of(std::string_view path) {
    return path.substr(0, path.find('/'));
}

std::string_view short_path(std::string_view path) {
    if (auto const slash = path.find('/'); slash != std::string_view::npos) {
        path.remove_prefix(slash + 1);
    }
    if (path.size() > kSuffix.size() && path.substr(path.size() - kSuffix.size()) == kSuffix) {
        path.remove_suffix(kSuffix.size());
    }
    return path;
}

std::string source_path(ast::File const& file) {
    auto const stem = short_path(file.path);
    auto first = line_text(file, 1);
    if (first.substr(0, 2) == "# ") {
        first.remove_prefix(2);
        first = first.substr(0, first.find(' '));
        if (first.size() > stem.size() + 1 && first.substr(0, stem.size()) == stem &&
            first[stem.size()] == '.') {
            return std::string(first);
        }
    }
    bool const header =
        stem.substr(0, 8) == "include/" || stem.find("/include/") != std::string_view::npos;
    return std::string(stem) + (header ? ".h" : ".c");
}

} // namespace kflow::model
