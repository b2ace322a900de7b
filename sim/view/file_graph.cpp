#include "sim/view/file_graph.hpp"

#include "sim/view/dot.hpp"
#include "sim/view/source_files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace kflow::view {

namespace {

constexpr std::size_t kMostNames = 6;   ///< functions named in a file's box
constexpr std::size_t kMostCallers = 3; ///< files drawn as callers of a file

bool is_drawn(std::string_view file) {
    return file != kElsewhere && !file.starts_with("include/") &&
           !file.starts_with("arch/arm64/include/");
}

/// Functions of one file and how often they are called.
using Members = std::map<std::string_view, std::size_t>;

/// "kernel/fork.c", then the functions that are called most.
std::string label_of(std::string_view file, Members const& members) {
    std::vector<std::pair<std::string_view, std::size_t>> most(members.begin(), members.end());
    std::ranges::stable_sort(most,
                             [](auto const& a, auto const& b) { return a.second > b.second; });
    std::string label =
        fmt::format("{}\n{} function{}", file, members.size(), members.size() == 1 ? "" : "s");
    for (std::size_t n = 0; n < std::min(most.size(), kMostNames); ++n) {
        label += fmt::format("\n{} ×{}", most[n].first, most[n].second);
    }
    return most.size() > kMostNames ? label + "\n…" : label;
}

class FileDrawing {
public:
    explicit FileDrawing(std::vector<FileGraphCall> const& calls) {
        for (auto const& call : calls) {
            if (!is_drawn(call.caller_file) || !is_drawn(call.callee_file)) {
                continue;
            }
            files_[call.caller_file].try_emplace(call.caller, 0);
            files_[call.callee_file][call.callee] += call.count;
            if (call.caller_file != call.callee_file) {
                callers_[call.callee_file][call.caller_file] += call.count;
            }
        }
    }

    std::string draw(std::string_view comment) const {
        DotWriter dot("files", {{"rankdir", "LR"},
                                {"fontname", "Helvetica"},
                                {"nodesep", "0.15"},
                                {"ranksep", "1.2"},
                                {"newrank", "true"}});
        dot.comment(comment);
        dot.comment(fmt::format("without the inline functions of include/; at most {} callers of a "
                                "file",
                                kMostCallers));
        dot.node_defaults({{"shape", "box"}, {"style", "filled"}, {"fontname", "Helvetica"}});
        dot.edge_defaults({{"fontname", "Helvetica"}, {"fontsize", "10"}, {"color", "#555555"}});
        boxes(dot);
        for (auto const& [file, callers] : callers_) {
            edges_to(dot, file, callers);
        }
        return dot.finish();
    }

private:
    using Callers = std::map<std::string_view, std::size_t>;

    /// The decimal logarithm, straight between powers of ten: that of libm is one more library to
    /// load at every start.
    static double magnitude(std::size_t count) {
        double power = 0;
        auto rest = static_cast<double>(count);
        for (; rest >= 10; rest /= 10) {
            ++power;
        }
        return power + (rest - 1) / 9;
    }

    static void edges_to(DotWriter& dot, std::string_view file, Callers const& callers) {
        std::vector<std::pair<std::string_view, std::size_t>> most(callers.begin(), callers.end());
        std::ranges::stable_sort(most,
                                 [](auto const& a, auto const& b) { return a.second > b.second; });
        most.resize(std::min(most.size(), kMostCallers));
        for (auto const& [caller, count] : most) {
            auto const width = 0.5 + magnitude(count);
            dot.edge(
                caller, file,
                {{"label", fmt::format("{}", count)}, {"penwidth", fmt::format("{:.1f}", width)}});
        }
    }

    void boxes(DotWriter& dot) const {
        std::map<std::string_view, std::vector<std::string_view>> folders;
        for (auto const& [file, members] : files_) {
            folders[folder_of(file)].push_back(file);
        }
        for (auto const& [folder, files] : folders) {
            bool const boxed = !folder.empty();
            if (boxed) {
                dot.open_cluster(folder, folder);
            }
            for (auto const file : files) {
                dot.node(file, {{"label", label_of(file, files_.at(file))},
                                {"fillcolor", std::string(color_of_source(file))}});
            }
            if (boxed) {
                dot.close();
            }
        }
    }

    std::map<std::string_view, Members> files_;
    std::map<std::string_view, Callers> callers_; ///< of each file
};

} // namespace

std::string file_graph_dot(std::vector<FileGraphCall> const& calls, std::string_view comment) {
    return FileDrawing(calls).draw(comment);
}

} // namespace kflow::view
