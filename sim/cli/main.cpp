// kflow: one table of subcommands, one file each (sim/cli/NAME.cpp).
#include "sim/base/diagnostic.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/memory.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <fmt/format.h>

namespace {

using Words = std::vector<std::string>;

std::string suggestion(std::string const& word, Words const& known) {
    auto const near = kflow::nearest_word(word, {known.begin(), known.end()});
    return near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near);
}

Words subcommands_of(CLI::App const& app) {
    Words names;
    for (auto const* const sub : app.get_subcommands([](CLI::App const*) { return true; })) {
        names.push_back(sub->get_name());
    }
    return names;
}

/// The command that the line names, as far as it does; in `unknown` a word where one is expected
/// and none is called so.
CLI::App const* named_command(CLI::App const& app, Words const& line, std::string& unknown) {
    auto const* at = &app;
    for (auto const& word : line) {
        auto const known = subcommands_of(*at);
        if (known.empty() || word.starts_with('-')) {
            break;
        }
        if (std::ranges::find(known, word) == known.end()) {
            unknown = word;
            break;
        }
        at = at->get_subcommand(word);
    }
    return at;
}

std::string full_name(CLI::App const* app) {
    std::string name = app->get_name();
    for (auto const* parent = app->get_parent(); parent; parent = parent->get_parent()) {
        name = parent->get_name() + " " + name;
    }
    return name;
}

/// What is wrong with a command line, with the nearest word that would be right.
std::string explain(CLI::App const& app, Words const& line, CLI::ParseError const& error) {
    std::string unknown;
    auto const* const at = named_command(app, line, unknown);
    auto const name = full_name(at);
    std::string message = error.what();
    if (!unknown.empty()) {
        message =
            fmt::format("no command \"{}\"{}", unknown, suggestion(unknown, subcommands_of(*at)));
    } else if (auto const commands = subcommands_of(*at); !commands.empty()) {
        message = fmt::format("a command is required: {}", fmt::join(commands, ", "));
    } else if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
        Words options;
        for (auto const* const option : at->get_options()) {
            options.push_back(option->get_name());
        }
        for (auto const& word : line) {
            auto const bare = word.substr(0, word.find('='));
            if (bare.starts_with("--") && std::ranges::find(options, bare) == options.end()) {
                message = fmt::format("no option \"{}\"{}", bare, suggestion(bare, options));
                break;
            }
        }
    }
    return fmt::format("{}: {}\n{} --help tells more.\n", name, message, name);
}

/// Only the one that the command line begins with, where it does: the options of all the others
/// take a tenth of a millisecond to set up.
void add_commands(CLI::App& app, std::string_view first, int& status) {
    auto const& all = kflow::cli::kCommands;
    bool const known =
        std::ranges::any_of(all, [first](auto const& one) { return one.name == first; });
    for (auto const& command : all) {
        if (!known || command.name == first) {
            command.add(app, status);
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    kflow::cli::keep_freed_memory();
    CLI::App app{"An executable map of the Linux process lifecycle on ARM64.", "kflow"};
    app.require_subcommand(1);
    int status = 0;
    add_commands(app, argc > 1 ? argv[1] : "", status);
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        if (error.get_exit_code() == 0) { // --help
            return app.exit(error);
        }
        std::fputs(explain(app, {argv + 1, argv + argc}, error).c_str(), stderr);
        return 2;
    } catch (std::exception const& error) { // a bug, or a machine without memory: never an input
        std::fprintf(stderr, "kflow: internal error: %s\n", error.what());
        return 2;
    }
    return status;
}
