#pragma once
// The table of subcommands. Each adds itself to the application and, when it ran, sets the exit
// status: 0 done or agrees, 1 differs, 2 an input that cannot be read or a command line that makes
// no sense.

#include <array>

namespace CLI {
class App;
}

namespace kflow::cli {

using AddCommand = void (*)(CLI::App& app, int& status);

void add_check(CLI::App& app, int& status);
void add_fixture(CLI::App& app, int& status);
void add_graph(CLI::App& app, int& status);
void add_model(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_step(CLI::App& app, int& status);
void add_trace(CLI::App& app, int& status);

/// One a subcommand, by name. `std::array` counts by itself: a new one is a line above and a word
/// here.
inline constexpr std::array kCommands{add_check, add_fixture, add_graph, add_model,
                                      add_run,   add_step,    add_trace};

} // namespace kflow::cli
