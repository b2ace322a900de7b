#pragma once
// A graph of everything: a node a source file with its functions, in a box for its folder, and as
// edges how many calls lead from file to file. Hundreds of functions stay readable so.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kflow::view {

struct FileGraphCall {
    std::string caller;
    std::string caller_file;
    std::string callee;
    std::string callee_file;
    std::size_t count = 0;
};

/// `comment` says where the drawing comes from. Files below include/, whose functions the compiler
/// inlines everywhere, are left out.
std::string file_graph_dot(std::vector<FileGraphCall> const& calls, std::string_view comment);

} // namespace kflow::view
