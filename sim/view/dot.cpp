#include "sim/view/dot.hpp"

namespace kflow::view {

std::string dot_quote(std::string_view text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (c == '\n') {
            quoted += "\\n";
        } else if (static_cast<unsigned char>(c) >= ' ') {
            quoted += c;
        }
    }
    return quoted + '"';
}

DotWriter::DotWriter(std::string_view name, Attributes const& graph) {
    line("digraph " + dot_quote(name) + " {");
    open_ = 1;
    for (auto const& [key, value] : graph) {
        line(std::string(key) + "=" + dot_quote(value) + ";");
    }
}

void DotWriter::line(std::string const& text) {
    text_.append(static_cast<std::size_t>(open_) * 2, ' ');
    text_ += text + "\n";
}

std::string DotWriter::list(Attributes const& attributes) {
    std::string text;
    for (auto const& [key, value] : attributes) {
        text += text.empty() ? " [" : ", ";
        text += std::string(key) + "=" + dot_quote(value);
    }
    return text.empty() ? text : text + "]";
}

void DotWriter::node_defaults(Attributes const& attributes) {
    line("node" + list(attributes) + ";");
}

void DotWriter::edge_defaults(Attributes const& attributes) {
    line("edge" + list(attributes) + ";");
}

void DotWriter::node(std::string_view id, Attributes const& attributes) {
    line(dot_quote(id) + list(attributes) + ";");
}

void DotWriter::edge(std::string_view from, std::string_view to, Attributes const& attributes) {
    line(dot_quote(from) + " -> " + dot_quote(to) + list(attributes) + ";");
}

void DotWriter::open_cluster(std::string_view id, std::string_view label) {
    line("subgraph " + dot_quote("cluster_" + std::string(id)) + " {");
    ++open_;
    line("label=" + dot_quote(label) + ";");
}

void DotWriter::open_same_rank() {
    line("{");
    ++open_;
    line("rank=same;");
}

void DotWriter::close() {
    --open_;
    line("}");
}

void DotWriter::comment(std::string_view text) {
    std::string clean;
    for (char const c : text) {
        clean += c == '\n' ? ' ' : c;
    }
    line("// " + clean);
}

std::string DotWriter::finish() {
    while (open_ > 0) {
        close();
    }
    return std::move(text_);
}

} // namespace kflow::view
