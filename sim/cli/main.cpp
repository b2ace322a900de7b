// kflow: one table of subcommands, one file each (sim/cli/NAME.cpp).
#include "sim/cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

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
    } catch (std::exception const& error) { // a bug, or a machine without memory: never an input
        std::fprintf(stderr, "kflow: internal error: %s\n", error.what());
        return 2;
    }
    return status;
}
