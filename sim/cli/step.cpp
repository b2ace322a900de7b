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
#include <optional>
#include <set>
#include <sstream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace kflow::cli {

namespace {

constexpr char kHelp[] = "next, n          one step on\n"
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
                         "quit, q          the end\n"
                         "An empty line does the last of these again; # begins a comment.\n";

constexpr std::string_view kCommands[] = {"next", "back", "into", "over", "out",  "event",
                                          "task", "goto", "end",  "lang", "help", "quit"};

struct Options {
    std::string scenario;
    std::string commands;
    std::string model;
    std::string language = "en";
    scenario::ReplayOptions replay;
};

view::Language language_of(std::string const& name) {
    return name == "ko" ? view::Language::korean : view::Language::english;
}

/// A positive number, or nothing.
std::optional<int> number_of(std::string const& text) {
    int number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const whole = error == std::errc{} && end == text.data() + text.size();
    return whole && number > 0 ? std::optional(number) : std::nullopt;
}

/// "n" → "next"; what is none of the commands stays.
std::string whole_verb(std::string const& verb) {
    static constexpr std::pair<std::string_view, std::string_view> letters[] = {
        {"n", "next"},  {"b", "back"}, {"i", "into"}, {"o", "over"}, {"u", "out"},
        {"e", "event"}, {"t", "task"}, {"g", "goto"}, {"h", "help"}, {"q", "quit"}};
    for (auto const& [letter, whole] : letters) {
        if (verb == letter) {
            return std::string(whole);
        }
    }
    return verb;
}

/// Carries out commands; what it answers goes to standard output. On a terminal the screen is drawn
/// in place.
class Session {
public:
    Session(scenario::StepThrough& steps, view::Language language)
        : steps_(steps), language_(language), terminal_(::isatty(STDOUT_FILENO) != 0) {}

    void show() const {
        view::ScreenOptions screen;
        screen.language = language_;
        winsize size{};
        if (terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
            screen.width = size.ws_col;
            screen.height = size.ws_row;
        }
        screen.reverse = terminal_;
        fmt::print("{}{}{}", terminal_ ? "\x1b[H\x1b[2J" : "", view::step_screen(steps_, screen),
                   terminal_ ? "" : "\n");
    }

    /// False at `quit`.
    bool command(std::string line) {
        if (line.starts_with('#')) {
            return true;
        }
        line.resize(std::min(line.find('#'), line.size()));
        std::istringstream words(line);
        std::string verb;
        std::string argument;
        words >> verb >> argument;
        if (verb.empty()) {
            return carry_out(last_verb_, last_argument_);
        }
        return carry_out(whole_verb(verb), argument);
    }

    bool failed() const { return failed_; }

private:
    // By value: the last command may be carried out again.
    bool carry_out(std::string verb, std::string argument) {
        if (verb == "quit") {
            return false;
        }
        if (verb == "help") {
            fmt::print("{}", kHelp);
            return true;
        }
        auto const trouble = verb == "lang" ? speak(argument) : move(verb, argument);
        if (trouble.empty()) {
            if (verb != "lang") {
                last_verb_ = verb;
                last_argument_ = argument;
            }
            show();
        } else {
            failed_ = true;
            fmt::print("{}\n", trouble);
        }
        return true;
    }

    std::string speak(std::string const& language) {
        if (language != "en" && language != "ko") {
            return "lang en, or lang ko";
        }
        language_ = language_of(language);
        return "";
    }

    /// Why it could not move; empty if it did.
    std::string move(std::string const& verb, std::string const& argument) {
        using Move = bool (scenario::StepThrough::*)();
        static constexpr std::pair<std::string_view, Move> moves[] = {
            {"next", &scenario::StepThrough::next}, {"back", &scenario::StepThrough::back},
            {"into", &scenario::StepThrough::into}, {"over", &scenario::StepThrough::over},
            {"out", &scenario::StepThrough::out},   {"end", &scenario::StepThrough::to_end}};
        for (auto const& [name, move] : moves) {
            if (verb == name) {
                return (steps_.*move)() ? "" : no_step(verb);
            }
        }
        if (verb == "event") {
            return to_event(argument);
        }
        if (verb == "task" || verb == "goto") {
            return to_number(verb, argument);
        }
        auto const near = nearest_word(verb, {std::begin(kCommands), std::end(kCommands)});
        return fmt::format("no command \"{}\": {}", verb,
                           near.empty() ? "help lists them"
                                        : fmt::format("did you mean \"{}\"?", near));
    }

    std::string no_step(std::string const& verb) const {
        if (verb == "back") {
            return "this is the first step";
        }
        if (steps_.position() + 1 >= steps_.size()) {
            return "this is the last step: back, goto N, or quit";
        }
        return verb == "into" ? "this task makes no call any more"
                              : "this task does not come out of here any more";
    }

    std::string to_event(std::string const& name) {
        if (name.empty()) {
            return "event NAME: of a tracepoint or a function, e.g. event sched_switch";
        }
        return steps_.to_name(name)
                   ? ""
                   : fmt::format("no event and no call of \"{}\" follows{}", name, nearest(name));
    }

    std::string nearest(std::string const& name) const {
        std::set<std::string_view> known;
        for (std::size_t n = steps_.position() + 1; n < steps_.size(); ++n) {
            auto const& mark = steps_.mark(n);
            if (mark.kind == engine::StepKind::event || mark.kind == engine::StepKind::call) {
                known.insert(mark.name.view());
            }
        }
        auto const near = nearest_word(name, {known.begin(), known.end()});
        return near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near);
    }

    std::string to_number(std::string const& verb, std::string const& argument) {
        auto const number = number_of(argument);
        if (!number) {
            return verb == "task" ? "task PID: one of those in the table, e.g. task 158"
                                  : fmt::format("goto N: from 1 to {}", steps_.size());
        }
        if (verb == "task") {
            return steps_.to_task(Pid{*number})
                       ? ""
                       : fmt::format("no step of a task {} follows", *number);
        }
        return steps_.go_to(static_cast<std::size_t>(*number) - 1)
                   ? ""
                   : fmt::format("there are {} steps", steps_.size());
    }

    scenario::StepThrough& steps_;
    view::Language language_;
    bool terminal_;
    std::string last_verb_ = "next";
    std::string last_argument_;
    bool failed_ = false;
};

/// Where the program that the scenario starts does its first thing: what comes before is the
/// machine's own.
void to_first_program(scenario::StepThrough& steps) {
    for (std::size_t n = 0; n < steps.size(); ++n) {
        if (steps.mark(n).kind == engine::StepKind::user) {
            steps.go_to(n);
            return;
        }
    }
}

int walk(scenario::StepThrough& steps, Options const& options, std::istream& input) {
    bool const typed = options.commands.empty() && ::isatty(STDIN_FILENO) != 0;
    to_first_program(steps);
    Session session(steps, language_of(options.language));
    session.show();
    if (typed) {
        fmt::print("help lists the commands, quit ends\n");
    }
    for (std::string line;;) {
        if (typed) {
            fmt::print("(kflow) ");
            std::fflush(stdout);
        }
        if (!std::getline(input, line)) {
            fmt::print("{}", typed ? "\n" : "");
            break;
        }
        if (!typed) {
            fmt::print("(kflow) {}\n", line);
        }
        if (!session.command(line)) {
            break;
        }
    }
    return session.failed() && !typed ? 1 : 0;
}

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
    scenario::StepThrough steps(*std::get<std::unique_ptr<scenario::Replay>>(loaded));
    if (steps.cut_off()) {
        auto why = *steps.cut_off();
        why.severity = Severity::warning;
        why.hint = "the steps up to there can be walked through";
        fmt::print(stderr, "{}", to_string(why));
    }
    return walk(steps, options, options.commands.empty() ? std::cin : script);
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
                    "Exit status: 0; 1 if a command that was not typed could not be carried out; "
                    "2 something cannot be read.\n"
                    "Examples:\n"
                    "  kflow step scenarios/fork_wait.scenario\n"
                    "  printf 'event copy_process\\ninto\\nback\\n' | kflow step "
                    "scenarios/fork_wait.scenario --lang ko");
    command->callback([options, &status] { status = step(*options); });
}

} // namespace kflow::cli
