// kflow trace: reads captures and prints them back, or compares what it would print with what was
// read.
#include "sim/base/input_file.hpp"
#include "sim/cli/commands.hpp"
#include "sim/trace/capture.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <memory>

namespace kflow::cli {

namespace {

struct Options {
    std::vector<std::string> files;
    bool check = false;
};

/// What the comparison of one file found.
struct Comparison {
    trace::Capture capture;
    bool identical = false;
    std::size_t first_difference = 0; ///< the byte
};

Comparison compare(std::string const& text, std::string const& file) {
    Comparison result{trace::read_trace(text, file), false, 0};
    std::string const again = trace::write_trace(result.capture.format, result.capture.events);
    result.identical = again == text;
    while (result.first_difference < again.size() && result.first_difference < text.size() &&
           again[result.first_difference] == text[result.first_difference]) {
        ++result.first_difference;
    }
    return result;
}

/// 0 identical, 1 not, 2 unreadable.
int check_file(std::string const& file) {
    auto const input = read_input(file);
    if (auto const* why = std::get_if<Diagnostic>(&input)) {
        fmt::print(stderr, "{}", to_string(*why));
        return 2;
    }
    std::string const& text = std::get<std::string>(input);
    Comparison const result = compare(text, file);
    fmt::print(stderr, "{}", to_string(result.capture.diagnostics));
    trace::ReadSummary const& summary = result.capture.summary;
    int const gaps = (summary.first_line_cut ? 1 : 0) + (summary.last_line_cut ? 1 : 0);
    fmt::print("{:>9} {:>9} {:>6} {:>4}  {:<9} {}\n", summary.lines, result.capture.events.size(),
               summary.unread, gaps, result.identical ? "yes" : "no", file);
    if (!result.identical) {
        auto const line =
            std::count(text.begin(),
                       text.begin() + static_cast<std::ptrdiff_t>(result.first_difference), '\n');
        fmt::print(stderr, "{}: the first difference is in line {}\n", file, line + 1);
    }
    return !result.capture.readable() ? 2 : result.identical ? 0 : 1;
}

int print_file(std::string const& file) {
    auto const input = read_input(file);
    if (auto const* why = std::get_if<Diagnostic>(&input)) {
        fmt::print(stderr, "{}", to_string(*why));
        return 2;
    }
    trace::Capture const capture = trace::read_trace(std::get<std::string>(input), file);
    fmt::print(stderr, "{}", to_string(capture.diagnostics));
    if (auto const failed = write_output("-", trace::write_trace(capture.format, capture.events))) {
        fmt::print(stderr, "{}", to_string(*failed));
        return 2;
    }
    return capture.readable() ? 0 : 2;
}

} // namespace

void add_trace(CLI::App& app, int& status) {
    auto const options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand("trace", "Read captures and print them back.");
    command
        ->add_option("FILE", options->files,
                     "ftrace's text; gzip, xz and zstd are read as they are")
        ->required();
    command->add_flag("--check", options->check,
                      "print no capture, but whether each would be printed as it was read");
    command->footer(
        "Exit status: 0 all was read (and with --check printed back byte for byte), 1 printed back "
        "otherwise, 2 cannot be read.\n"
        "Examples:\n"
        "  kflow trace session.trace.zst > session.trace\n"
        "  kflow trace --check captures/*.zst");
    command->callback([options, &status] {
        if (options->check) {
            fmt::print("{:>9} {:>9} {:>6} {:>4}  {:<9} {}\n", "lines", "events", "unread", "gaps",
                       "identical", "file");
        }
        for (std::string const& file : options->files) {
            status = std::max(status, options->check ? check_file(file) : print_file(file));
        }
    });
}

} // namespace kflow::cli
