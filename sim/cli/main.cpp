// kflow: one table of subcommands, one file each (sim/cli/NAME.cpp).
#include "sim/cli/commands.hpp"

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
    CLI::App app{"An executable map of the Linux process lifecycle on ARM64.", "kflow"};
    app.require_subcommand(1);
    int status = 0;
    for (auto const add : kflow::cli::kCommands) {
        add(app, status);
    }
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
