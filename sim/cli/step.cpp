// kflow step: walks through a scenario in a plain terminal, or by a file of commands.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/model_dir.hpp"
#include "sim/scenario/step_through.hpp"
#include "sim/view/step_screen.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <sstream>
#include <unistd.h>

namespace kflow::cli {

namespace {

constexpr char kHelp[] = "next, n          one step on (an empty line does the same)\n"
                         "back, b          one step back\n"
                         "into, i          the next call of this task\n"
                         "over, o          past this call\n"
                         "out, u           out of this function\n"
                         "event NAME, e    to the next event or call of that name\n"
                         "task PID, t      to the next step of that task\n"
                         "goto N, g        to step N\n"
                         "end              to the last step\n"
                         "lang en|ko       the language of the explanations\n"
                         "help, h          this\n"
                         "quit, q          the end\n";

struct Options {
    std::string scenario;
    std::string commands;
    std::string model;
    std::string language = "en";
    scenario::ReplayOptions replay;
};

/// Carries out commands; what it answers goes to standard output.
class Session {
public:
    Session(scenario::StepThrough& steps, view::ScreenOptions screen)
        : steps_(steps), screen_(screen) {}

    void show() const { fmt::print("{}\n", view::step_screen(steps_, screen_)); }

    /// False at `quit`.
    bool command(std::string const& line) {
        std::istringstream words(line);
        std::string verb;
        std::string argument;
        words >> verb >> argument;
        if (verb == "quit" || verb == "q") {
            return false;
        }
        if (verb == "help" || verb == "h") {
            fmt::print("{}", kHelp);
        } else if (verb == "lang") {
            screen_.language = argument == "ko" ? view::Language::korean : view::Language::english;
            show();
        } else {
            report(verb, move(verb, argument));
        }
        return true;
    }

    bool failed() const { return failed_; }

private:
    enum class Moved { yes, no, unknown };

    static Moved moved(bool yes) { return yes ? Moved::yes : Moved::no; }

    Moved move(std::string const& verb, std::string const& argument) {
        if (verb.empty() || verb == "next" || verb == "n") {
            return moved(steps_.next());
        }
        if (verb == "back" || verb == "b") {
            return moved(steps_.back());
        }
        if (verb == "into" || verb == "i") {
            return moved(steps_.into());
        }
        if (verb == "over" || verb == "o") {
            return moved(steps_.over());
        }
        if (verb == "out" || verb == "u") {
            return moved(steps_.out());
        }
        if (verb == "event" || verb == "e") {
            return moved(steps_.to_name(argument));
        }
        if (verb == "end") {
            return moved(steps_.to_end());
        }
        int number = 0;
        auto const [end, error] =
            std::from_chars(argument.data(), argument.data() + argument.size(), number);
        bool const numeric =
            error == std::errc{} && end == argument.data() + argument.size() && number > 0;
        if (numeric && (verb == "task" || verb == "t")) {
            return moved(steps_.to_task(Pid{number}));
        }
        if (numeric && (verb == "goto" || verb == "g")) {
            return moved(steps_.go_to(static_cast<std::size_t>(number) - 1));
        }
        return Moved::unknown;
    }

    void report(std::string const& verb, Moved result) {
        if (result == Moved::yes) {
            return show();
        }
        failed_ = true;
        fmt::print("{}\n", result == Moved::no
                               ? "there is no such step from here on"
                               : fmt::format("no command \"{}\": help lists them", verb));
    }

    scenario::StepThrough& steps_;
    view::ScreenOptions screen_;
    bool failed_ = false;
};

int step(Options& options) {
    options.replay.model_dir = model_dir(options.model);
    auto loaded = scenario::Replay::load(options.scenario, options.replay);
    if (auto const* const diagnostics = std::get_if<std::vector<Diagnostic>>(&loaded)) {
        fmt::print(stderr, "{}", to_string(*diagnostics));
        return 2;
    }
    std::istringstream script;
    if (!options.commands.empty()) {
        auto const text = read_input(options.commands);
        if (auto const* const diagnostic = std::get_if<Diagnostic>(&text)) {
            fmt::print(stderr, "{}", to_string(*diagnostic));
            return 2;
        }
        script.str(std::get<std::string>(text));
    }
    std::istream& input = options.commands.empty() ? std::cin : script;
    bool const prompt = options.commands.empty() && ::isatty(STDIN_FILENO) != 0;
    scenario::StepThrough steps(*std::get<std::unique_ptr<scenario::Replay>>(loaded));
    view::ScreenOptions screen;
    screen.language = options.language == "ko" ? view::Language::korean : view::Language::english;
    Session session(steps, screen);
    session.show();
    std::string line;
    for (;;) {
        if (prompt) {
            fmt::print("(kflow) ");
            std::fflush(stdout);
        }
        if (!std::getline(input, line) || !session.command(line)) {
            break;
        }
    }
    return session.failed() && !prompt ? 1 : 0;
}

} // namespace

void add_step(CLI::App& app, int& status) {
    auto* const command =
        app.add_subcommand("step", "Walk through a scenario, forwards and backwards, with the "
                                   "reason of every step.");
    auto const options = std::make_shared<Options>();
    command->add_option("scenario", options->scenario, "A .scenario file")
        ->required()
        ->type_name("SCENARIO");
    command
        ->add_option("-c,--commands", options->commands,
                     "Commands from a file instead of the keyboard")
        ->type_name("FILE");
    command
        ->add_option("-l,--lang", options->language, "Language of the explanations (default: en)")
        ->check(CLI::IsMember({"en", "ko"}))
        ->type_name("en|ko");
    command
        ->add_option("-b,--build", options->replay.build,
                     "The kernel build (default: the scenario's)")
        ->type_name("NAME");
    command
        ->add_option("-s,--seed", options->replay.seed,
                     "What the kernel leaves to chance (default: 1)")
        ->type_name("N");
    add_model_option(*command, options->model);
    command->footer(std::string("Commands:\n") + kHelp +
                    "Examples:\n"
                    "  kflow step scenarios/fork_wait.scenario\n"
                    "  printf 'event copy_process\\ninto\\nback\\n' | kflow step "
                    "scenarios/fork_wait.scenario --lang ko");
    command->callback([options, &status] { status = step(*options); });
}

} // namespace kflow::cli
