#include "sim/view/render.hpp"

#include <fmt/format.h>
#include <graphviz/gvc.h>
#include <memory>

namespace kflow::view {

namespace {

struct ContextDeleter {
    void operator()(GVC_t* context) const { gvFreeContext(context); }
};

struct GraphDeleter {
    void operator()(Agraph_t* graph) const { agclose(graph); }
};

Diagnostic failure(std::string message, std::string hint = "") {
    return {Severity::error, {"graph", 0, 0}, std::move(message), "", std::move(hint)};
}

} // namespace

std::variant<std::string, Diagnostic> render_dot(std::string const& dot,
                                                 std::string const& format) {
    std::unique_ptr<GVC_t, ContextDeleter> const context(gvContext());
    std::unique_ptr<Agraph_t, GraphDeleter> const graph(agmemread(dot.c_str()));
    if (!graph) {
        return failure("Graphviz cannot read the graph");
    }
    if (gvLayout(context.get(), graph.get(), "dot") != 0) {
        return failure("Graphviz cannot lay the graph out",
                       "fewer functions: --depth, or a function further down");
    }
    char* bytes = nullptr;
    unsigned length = 0;
    int const status = gvRenderData(context.get(), graph.get(), format.c_str(), &bytes, &length);
    std::string picture;
    if (status == 0 && bytes) {
        picture.assign(bytes, length);
    }
    gvFreeRenderData(bytes);
    gvFreeLayout(context.get(), graph.get());
    if (picture.empty()) {
        return failure(fmt::format("Graphviz cannot make {} of it", format),
                       "is the package libgvc6-plugins-gtk or graphviz installed?");
    }
    return picture;
}

} // namespace kflow::view
