#include "sim/model/image.hpp"

#include "sim/base/mapped_file.hpp"
#include "sim/model/model.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>

namespace kflow::model {

namespace {

constexpr std::string_view kMagic = "kflow model image 5\n";
constexpr std::size_t kAlign = 16;

/// Where a text lies in the image's pool.
struct TextPlace {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

// A Program's tables and, apart from them, every text that they view: in one fixed order.

template <typename P, typename Visit>
bool each_table(P& p, Visit&& visit) {
    return visit(p.functions) && visit(p.by_name) && visit(p.code) && visit(p.contexts) &&
           visit(p.bindings) && visit(p.via_members) && visit(p.via_labels) && visit(p.syscalls) &&
           visit(p.guard_sets) && visit(p.role_lists) && visit(p.guards) && visit(p.effects) &&
           visit(p.collections) && visit(p.conditions) && visit(p.roles) && visit(p.events) &&
           visit(p.errnos) && visit(p.reasons) && visit(p.files) && visit(p.mask.symbols);
}

template <typename P, typename Visit>
void each_text(P& p, Visit&& visit) {
    auto const names = [&visit](auto& table) {
        for (auto& row : table) {
            visit(row.name);
        }
    };
    names(p.functions);
    names(p.guards);
    names(p.effects);
    names(p.collections);
    names(p.conditions);
    for (auto* const words :
         {&p.via_labels, &p.syscalls, &p.roles, &p.events, &p.errnos, &p.reasons, &p.files}) {
        for (auto& word : *words) {
            visit(word);
        }
    }
    for (auto& symbol : p.mask.symbols) {
        visit(symbol.name);
        visit(symbol.file);
    }
}

void pad(std::string& bytes) {
    bytes.resize((bytes.size() + kAlign - 1) / kAlign * kAlign);
}

template <typename Row>
bool put(std::string& bytes, std::span<Row const> table) {
    static_assert(std::is_trivially_copyable_v<Row> && alignof(Row) <= kAlign);
    std::uint64_t const count = table.size();
    bytes.append(reinterpret_cast<char const*>(&count), sizeof count);
    pad(bytes);
    bytes.append(reinterpret_cast<char const*>(table.data()), count * sizeof(Row));
    pad(bytes);
    return true;
}

/// Nobody is told what anything means: nothing has documentation.
void drop_docs(Program& program) {
    auto const drop = [](auto& table) {
        for (auto& row : table) {
            row.doc = kNone<DocId>;
        }
    };
    drop(program.functions);
    drop(program.code.own());
    drop(program.guards);
    drop(program.effects);
    drop(program.collections);
    drop(program.conditions);
}

std::string program_bytes(Program program) {
    drop_docs(program);
    std::vector<TextPlace> places;
    std::vector<char> pool;
    auto const keep = [&](std::string_view text) {
        places.push_back(
            {static_cast<std::uint32_t>(pool.size()), static_cast<std::uint32_t>(text.size())});
        pool.insert(pool.end(), text.begin(), text.end());
    };
    each_text(program, [&keep](std::string_view& text) {
        keep(text);
        text = {}; // an address of this process would make no two images the same
    });
    keep(program.version);
    for (auto const& source : program.sources) {
        keep(source);
    }
    std::string bytes;
    each_table(program, [&bytes]<typename Table>(Table const& table) {
        return put(bytes, std::span<typename Table::value_type const>(table));
    });
    put(bytes, std::span<TextPlace const>(places));
    put(bytes, std::span<char const>(pool));
    put(bytes, program.mask.calls);
    put(bytes, program.mask.first);
    put(bytes, program.mask.remainders);
    return bytes;
}

/// Takes tables off the front of a program's bytes.
class Tables {
public:
    explicit Tables(std::string_view bytes) : rest_(bytes) {}

    /// The next table where it lies; nothing if the bytes end before it does.
    template <typename Row>
    std::optional<std::span<Row const>> next() {
        std::uint64_t count = 0;
        if (rest_.size() < kAlign) {
            return std::nullopt;
        }
        std::memcpy(&count, rest_.data(), sizeof count);
        rest_.remove_prefix(kAlign);
        if (count > rest_.size() / sizeof(Row)) {
            return std::nullopt;
        }
        std::span const rows(reinterpret_cast<Row const*>(rest_.data()), count);
        auto const size = (rows.size_bytes() + kAlign - 1) / kAlign * kAlign;
        rest_.remove_prefix(std::min(size, rest_.size()));
        return rows;
    }

private:
    std::string_view rest_;
};

bool read_program(std::string_view bytes, Program& program) {
    Tables tables(bytes);
    bool const whole = each_table(program, [&tables]<typename Table>(Table& table) {
        using Row = typename Table::value_type;
        auto const rows = tables.next<Row>();
        if (!rows) {
            return false;
        }
        if constexpr (std::is_same_v<Table, Rows<Row>>) {
            table.view(*rows); // large, and a run looks at little of it: not copied
        } else {
            table.assign(rows->begin(), rows->end());
        }
        return true;
    });
    auto const places = whole ? tables.next<TextPlace>() : std::nullopt;
    auto const pool = places ? tables.next<char>() : std::nullopt;
    auto const calls = pool ? tables.next<MaskedCall>() : std::nullopt;
    auto const first = calls ? tables.next<std::uint32_t>() : std::nullopt;
    auto const remainders = first ? tables.next<Remainder>() : std::nullopt;
    if (!remainders) {
        return false;
    }
    program.mask.calls = *calls;
    program.mask.first = *first;
    program.mask.remainders = *remainders;
    std::size_t at = 0;
    auto const text = [&]() -> std::string_view {
        if (at >= places->size()) {
            return {};
        }
        auto const place = (*places)[at++];
        return place.offset + std::size_t{place.size} <= pool->size()
                   ? std::string_view(pool->data() + place.offset, place.size)
                   : std::string_view();
    };
    each_text(program, [&text](std::string_view& view) { view = text(); });
    program.version = text();
    while (at < places->size()) {
        program.sources.emplace_back(text());
    }
    return true;
}

// What an image was made from.

/// A file's size and time of change; of a folder only the time, which changes when a file comes or
/// goes.
struct Stamp {
    std::int64_t size = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;

    bool operator==(Stamp const&) const = default;
};

/// Nothing if there is no such file in the folder (AT_FDCWD: the current one).
std::optional<Stamp> stamp_of(int folder, char const* path) {
    struct stat status {};
    if (::fstatat(folder, path, &status, 0) != 0) {
        return std::nullopt;
    }
    return Stamp{S_ISDIR(status.st_mode) ? 0 : status.st_size, status.st_mtim.tv_sec,
                 status.st_mtim.tv_nsec};
}

std::string to_text(std::optional<Stamp> const& stamp) {
    return stamp ? fmt::format("{} {} {}", stamp->size, stamp->seconds, stamp->nanoseconds) : "";
}

/// Every file and folder below the root that decides what the programs are, sorted.
std::vector<std::string> made_from(std::string const& root,
                                   std::vector<std::pair<std::string, Program>> const& builds) {
    namespace fs = std::filesystem;
    auto paths = flow_files(root);
    std::error_code error;
    auto const folders = fs::directory_options::follow_directory_symlink;
    for (fs::recursive_directory_iterator it(root, folders, error), end; !error && it != end;
         it.increment(error)) {
        if (it.depth() == 0 && it->path().filename() == "builds") {
            it.disable_recursion_pending();
        } else if (it->is_directory(error)) {
            paths.push_back(fs::relative(it->path(), root, error).string());
        }
    }
    paths.emplace_back(".");
    for (auto const& [name, program] : builds) {
        auto const folder = "builds/" + name;
        paths.push_back(folder);
        for (auto const& entry : fs::directory_iterator(root + "/" + folder, error)) {
            paths.push_back(folder + "/" + entry.path().filename().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Changes with what a program's tables look like in memory.
std::string layout() {
    return fmt::format("{} {} {} {} {} {} {} {}", sizeof(Function), sizeof(Instruction),
                       sizeof(Context), sizeof(ViaMember), sizeof(Guard), sizeof(Effect),
                       sizeof(MaskedCall), sizeof(MaskedSymbol));
}

std::string_view take_until(std::string_view& rest, char stop) {
    auto const end = std::min(rest.find(stop), rest.size());
    auto const taken = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return taken;
}

std::int64_t take_number(std::string_view& rest, char stop) {
    auto const digits = take_until(rest, stop);
    std::int64_t number = -1;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

Stamp take_stamp(std::string_view& rest) {
    return {take_number(rest, ' '), take_number(rest, ' '), take_number(rest, ' ')};
}

bool is_older(std::string const& image, std::string const& program) {
    auto const a = stamp_of(AT_FDCWD, image.c_str());
    auto const b = stamp_of(AT_FDCWD, program.c_str());
    return !a || !b ||
           std::pair(a->seconds, a->nanoseconds) < std::pair(b->seconds, b->nanoseconds);
}

/// Whether the program of that build depends on the file: not if it is another build's.
bool matters_to(std::string_view path, std::string_view build) {
    constexpr std::string_view kBuilds = "builds/";
    if (!path.starts_with(kBuilds)) {
        return true;
    }
    path.remove_prefix(kBuilds.size());
    return take_until(path, '/') == build;
}

/// The model's folder, held open: its many files are found from there, not from the root.
class Folder {
public:
    explicit Folder(std::string const& path)
        : handle_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
    ~Folder() {
        if (handle_ >= 0) {
            ::close(handle_);
        }
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    std::optional<Stamp> stamp(std::string_view path) const {
        return stamp_of(handle_, std::string(path).c_str());
    }

private:
    int handle_;
};

/// The bytes of a build's program, if the head is good for that model: nothing else.
std::optional<std::string_view> find_program(std::string_view image, std::string const& model_dir,
                                             std::string_view build) {
    auto rest = image;
    if (!rest.starts_with(kMagic)) {
        return std::nullopt;
    }
    rest.remove_prefix(kMagic.size());
    if (take_until(rest, '\n') != layout()) {
        return std::nullopt;
    }
    Folder const model(model_dir);
    std::optional<std::string_view> found;
    while (!rest.empty()) {
        auto line = take_until(rest, '\n');
        auto const path = take_until(line, '\t');
        if (path == "%") {
            return found;
        }
        if (path == "program") {
            auto const name = take_until(line, '\t');
            auto const offset = static_cast<std::size_t>(take_number(line, '\t'));
            auto const size = static_cast<std::size_t>(take_number(line, '\t'));
            if (name == build && offset <= image.size() && size <= image.size() - offset) {
                found = image.substr(offset, size);
            }
        } else if (matters_to(path, build) && model.stamp(path) != take_stamp(line)) {
            return std::nullopt;
        }
    }
    return std::nullopt; // it has no end: cut off
}

} // namespace

std::string make_image(std::string const& model_dir,
                       std::vector<std::pair<std::string, Program>> const& builds) {
    std::string head = std::string(kMagic) + layout() + "\n";
    for (auto const& path : made_from(model_dir, builds)) {
        head += fmt::format("{}\t{}\n", path,
                            to_text(stamp_of(AT_FDCWD, (model_dir + "/" + path).c_str())));
    }
    std::vector<std::string> blobs;
    for (auto const& [name, program] : builds) {
        blobs.push_back(program_bytes(program));
    }
    // Offsets have ten digits, so that the head is as long as it is whatever they are.
    auto const line = [](std::string_view name, std::size_t offset, std::size_t size) {
        return fmt::format("program\t{}\t{:010}\t{:010}\n", name, offset, size);
    };
    std::size_t length = head.size() + 2;
    for (auto const& build : builds) {
        length += line(build.first, 0, 0).size();
    }
    std::size_t offset = (length + kAlign - 1) / kAlign * kAlign;
    for (std::size_t n = 0; n < builds.size(); ++n) {
        head += line(builds[n].first, offset, blobs[n].size());
        offset += blobs[n].size();
    }
    head += "%\n";
    pad(head);
    for (auto const& blob : blobs) {
        head += blob;
    }
    return head;
}

std::optional<Program> load_image(std::string const& path, std::string const& program_file,
                                  std::string const& model_dir, std::string_view build) {
    if (path.empty() || is_older(path, program_file)) {
        return std::nullopt;
    }
    auto opened = MappedFile::open(path);
    if (std::holds_alternative<Diagnostic>(opened)) {
        return std::nullopt;
    }
    auto const file = std::make_shared<MappedFile const>(std::get<MappedFile>(std::move(opened)));
    auto const bytes = find_program(file->text(), model_dir, build);
    Program program;
    if (!bytes || !read_program(*bytes, program)) {
        return std::nullopt;
    }
    program.image = file;
    return program;
}

} // namespace kflow::model
