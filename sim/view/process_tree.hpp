#pragma once
// Processes as a tree: who made whom, how each ended, who reaped it.

#include "sim/view/language.hpp"
#include "sim/view/process_history.hpp"

#include <string>

namespace kflow::view {

/// What of a trace a drawing shows.
struct Selection {
    std::optional<Pid> root; ///< only this process, its descendants and its parent
    Language language = Language::english;
};

/// (c) The tree: a node a process with its life's dates, edges for fork (with what was shared),
/// signals and reaping.
std::string process_tree_dot(std::vector<Process> const& processes, Selection const& selection);

/// The processes that a selection leaves, in their order.
std::vector<Process> select_processes(std::vector<Process> const& processes,
                                      Selection const& selection);

} // namespace kflow::view
