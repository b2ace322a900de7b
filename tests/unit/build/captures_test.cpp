// What needs the folder of captures (environment KFLOW_CAPTURES): whether the shipped facts are
// what it says, all of it.
#include "sample.hpp"

#include "sim/base/input_file.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace kflow;
using namespace kflow::build;

namespace {

std::string captures_folder() {
    char const* folder = std::getenv("KFLOW_CAPTURES");
    return folder ? folder : "";
}

std::string read_zst(std::string const& path) {
    auto bytes = read_input(path);
    if (auto const* diagnostic = std::get_if<Diagnostic>(&bytes)) {
        FAIL(to_string(*diagnostic));
    }
    return std::get<std::string>(std::move(bytes));
}

/// How often one out-of-line function's DWARF has an edge inlined and called.
struct Times {
    int inlined = 0;
    int called = 0;
};
using Edges = std::map<std::pair<std::string, std::string>, Times>;

Edges edges_of(nlohmann::json const& instances) {
    Edges edges;
    for (auto const& instance : instances) {
        for (auto const& edge : instance["inl"]) {
            ++edges[{edge[0], edge[1]}].inlined;
        }
        for (auto const& edge : instance["calls"]) {
            ++edges[{edge[0], edge[1]}].called;
        }
    }
    return edges;
}

bool agrees(Visibility const& found, Times const& times) {
    if (times.inlined > 0 && times.called > 0) {
        return found.kind == EdgeKind::either;
    }
    // A call of a symbol that kallsyms lacks shows as nothing, inlined or not.
    return times.called > 0 ? found.kind != EdgeKind::inlined || !found.parts.empty()
                            : found.kind == EdgeKind::inlined;
}

} // namespace

TEST_CASE("the shipped facts are what the script makes", "[captures]") {
    if (captures_folder().empty()) {
        WARN("skipped: KFLOW_CAPTURES names no folder");
        return;
    }
    auto const command =
        fmt::format("python3 '{}/scripts/build-facts' --captures '{}' --check >/dev/null",
                    KFLOW_SOURCE_DIR, captures_folder());
    CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("the projection says what DWARF says, edge by edge", "[captures]") {
    if (captures_folder().empty()) {
        WARN("skipped: KFLOW_CAPTURES names no folder");
        return;
    }
    for (auto const& name : list_builds(kModel)) {
        auto const dwarf = nlohmann::json::parse(
            read_zst(fmt::format("{}/{}/dwarf-edges.json.zst", captures_folder(), name)));
        std::size_t edges = 0;
        std::vector<std::string> wrong;
        for (auto const& [key, instances] : dwarf.items()) {
            auto const colon = key.rfind(':');
            auto const file = key.substr(0, colon);
            auto const outer = key.substr(colon + 1);
            for (auto const& [edge, times] : edges_of(instances)) {
                auto const& [caller, callee] = edge;
                if (caller == callee || callee == "*" || callee.starts_with("__builtin_")) {
                    continue;
                }
                ++edges;
                auto const found = shipped(name).edge({file, caller, "", callee, outer, file, 0});
                if (!agrees(found, times)) {
                    wrong.push_back(fmt::format("{}>{} in {} {}: {} inlined {} called, found {} {}",
                                                caller, callee, file, outer, times.inlined,
                                                times.called, static_cast<int>(found.kind),
                                                found.provenance));
                }
            }
        }
        WARN(name << ": " << edges << " edges, " << wrong.size() << " wrong");
        for (std::size_t index = 0; index < wrong.size() && index < 40; ++index) {
            UNSCOPED_INFO(wrong[index]);
        }
        // Two static functions share their names with other files' symbols; asked with the callee's
        // file they are right.
        CHECK(wrong.size() <= 3);
    }
}
