#pragma once
// The table of subcommands. Each adds itself to the application and, when it ran, sets the exit
// status: 0 done or agrees, 1 differs, 2 an input that cannot be read or a command line that makes
// no sense.

#include <array>
#include <string_view>

namespace CLI {
class App;
}

namespace kflow::cli {

struct Command {
    std::string_view name;
    void (*add)(CLI::App& app, int& status);
};

void add_check(CLI::App& app, int& status);
void add_diff(CLI::App& app, int& status);
void add_fixture(CLI::App& app, int& status);
void add_graph(CLI::App& app, int& status);
void add_learn(CLI::App& app, int& status);
void add_model(CLI::App& app, int& status);
void add_run(CLI::App& app, int& status);
void add_step(CLI::App& app, int& status);
void add_trace(CLI::App& app, int& status);

/// One a subcommand, by name. `std::array` counts by itself: a new one is a line above and one
/// here.
inline constexpr std::array kCommands{
    Command{"check", add_check}, Command{"diff", add_diff},   Command{"fixture", add_fixture},
    Command{"graph", add_graph}, Command{"learn", add_learn}, Command{"model", add_model},
    Command{"run", add_run},     Command{"step", add_step},   Command{"trace", add_trace},
};

} // namespace kflow::cli
