// kflow trace: reads captures and prints them back.
#include "sim/cli/commands.hpp"

#include <CLI/CLI.hpp>

namespace kflow::cli {

void add_trace(CLI::App& app, int& status) {
    app.add_subcommand("trace", "Read a capture and print it back.");
    status = 0;
}

} // namespace kflow::cli
