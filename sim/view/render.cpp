#include "sim/view/render.hpp"

#include "sim/base/shared_library.hpp"

#include <fmt/format.h>
#include <graphviz/gvc.h>
#include <optional>
#include <vector>

namespace kflow::view {

namespace {

/// The functions of Graphviz that a drawing takes.
struct Graphviz {
    decltype(::agmemread)* agmemread;
    decltype(::agget)* agget;
    decltype(::agseterr)* agseterr;
    decltype(::gvContext)* gvContext;
    decltype(::gvLayout)* gvLayout;
    decltype(::gvRenderData)* gvRenderData;
    decltype(::gvFreeRenderData)* gvFreeRenderData;
};

std::optional<Graphviz> load_graphviz() {
    SharedLibrary const graphs(KFLOW_LIBCGRAPH);
    SharedLibrary const layouts(KFLOW_LIBGVC);
    Graphviz found{};
    bool const all = graphs.find("agmemread", found.agmemread) &&
                     graphs.find("agget", found.agget) && graphs.find("agseterr", found.agseterr) &&
                     layouts.find("gvContext", found.gvContext) &&
                     layouts.find("gvLayout", found.gvLayout) &&
                     layouts.find("gvRenderData", found.gvRenderData) &&
                     layouts.find("gvFreeRenderData", found.gvFreeRenderData);
    return all ? std::optional(found) : std::nullopt;
}

/// Graphviz 2.43's dot frees parts of some layouts twice (gvFreeLayout on graphs with clusters and
/// labelled edges), which is why its own command never frees the last one. So a drawing is kept
/// until the process ends, reachable from here.
struct Kept {
    GVC_t* context;
    Agraph_t* graph;
};
std::vector<Kept>& kept_drawings() {
    static std::vector<Kept> drawings;
    return drawings;
}

Diagnostic failure(std::string message, std::string hint = "") {
    return {Severity::error, {"graph", 0, 0}, std::move(message), "", std::move(hint)};
}

} // namespace

std::variant<std::string, Diagnostic> render_dot(std::string const& dot,
                                                 std::string const& format) {
    auto const graphviz = load_graphviz();
    if (!graphviz) {
        return failure(fmt::format("{} cannot be loaded", KFLOW_LIBGVC),
                       "is the package libgvc6 installed?");
    }
    graphviz->agseterr(AGMAX); // what it says on standard error is of its own layout, not the input
    Agraph_t* const graph = graphviz->agmemread(dot.c_str());
    if (!graph) {
        return failure("Graphviz cannot read the graph");
    }
    GVC_t* const context = graphviz->gvContext();
    kept_drawings().push_back({context, graph});
    char* const wanted = graphviz->agget(graph, const_cast<char*>("layout"));
    std::string const engine = wanted && *wanted ? wanted : "dot";
    if (graphviz->gvLayout(context, graph, engine.c_str()) != 0) {
        return failure("Graphviz cannot lay the graph out",
                       "fewer functions: --depth, or a function further down");
    }
    char* bytes = nullptr;
    unsigned length = 0;
    int const status = graphviz->gvRenderData(context, graph, format.c_str(), &bytes, &length);
    std::string picture;
    if (status == 0 && bytes) {
        picture.assign(bytes, length);
    }
    graphviz->gvFreeRenderData(bytes);
    if (picture.empty()) {
        return failure(fmt::format("Graphviz cannot make {} of it", format),
                       "is the package libgvc6-plugins-gtk or graphviz installed?");
    }
    return picture;
}

} // namespace kflow::view
