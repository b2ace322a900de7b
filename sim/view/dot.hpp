#pragma once
// DOT text, with every name escaped: the one place that knows Graphviz's syntax.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kflow::view {

/// Attributes of a node, an edge or a graph, in the order given.
using Attributes = std::vector<std::pair<std::string_view, std::string>>;

/// `text` as a quoted DOT string; newlines become line breaks of a label.
std::string dot_quote(std::string_view text);

/// Builds one digraph, line by line.
class DotWriter {
public:
    explicit DotWriter(std::string_view name, Attributes const& graph = {});

    /// Defaults of the nodes and edges that follow.
    void node_defaults(Attributes const& attributes);
    void edge_defaults(Attributes const& attributes);

    void node(std::string_view id, Attributes const& attributes);
    void edge(std::string_view from, std::string_view to, Attributes const& attributes = {});

    /// A box around the nodes written until it is closed.
    void open_cluster(std::string_view id, std::string_view label);
    /// Nodes written until it is closed stand on one line.
    void open_same_rank();
    void close();

    /// A comment line: where the drawing comes from.
    void comment(std::string_view text);

    /// The whole text; closes what is open.
    std::string finish();

private:
    void line(std::string const& text);
    static std::string list(Attributes const& attributes);

    std::string text_;
    int open_ = 0;
};

} // namespace kflow::view
