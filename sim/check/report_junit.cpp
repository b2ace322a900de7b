#include "sim/check/report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace kflow::check {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        switch (c) {
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            // XML 1.0 has no other control characters, not even escaped.
            out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
        }
    }
    return out;
}

struct Suite {
    std::string cases;
    std::size_t tests = 0;
    std::size_t failures = 0;

    void add(std::string_view group, std::string_view name, std::string const& failure) {
        ++tests;
        fmt::format_to(std::back_inserter(cases), "    <testcase classname=\"{}\" name=\"{}\"",
                       escaped(group), escaped(name));
        if (failure.empty()) {
            cases += "/>\n";
            return;
        }
        ++failures;
        fmt::format_to(std::back_inserter(cases),
                       ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                       escaped(failure.substr(0, failure.find('\n'))), escaped(failure));
    }
};

void add_functions(Suite& suite, Report const& report) {
    for (auto const& f : report.conformance.functions) {
        std::string failure;
        for (auto const& d : report.conformance.divergences) {
            if (d.parent == f.name) {
                fmt::format_to(std::back_inserter(failure), "{}:{}: {}: {} (model {}:{})\n",
                               report.capture, d.capture_line, to_string(d.kind), d.reason,
                               d.model_file, d.model_line);
            }
        }
        suite.add(f.file, f.name, failure);
    }
}

/// All functions without a body together: the code forbids what they did.
void add_uncurated(Suite& suite, Report const& report) {
    if (report.conformance.learned.calls == 0) {
        return;
    }
    std::string failure;
    for (auto const& d : report.conformance.divergences) {
        if (d.model_file.empty() && d.kind != DifferenceKind::unseen) {
            fmt::format_to(std::back_inserter(failure), "{}:{}: {}: {}\n", report.capture,
                           d.capture_line, to_string(d.kind), d.reason);
        }
    }
    suite.add("control flow", "functions without a body", failure);
}

void add_rules(Suite& suite, Report const& report) {
    for (auto const& rule : report.automata.judged) {
        std::string failure;
        for (auto const& v : report.automata.violations) {
            if (v.rule == rule) {
                fmt::format_to(std::back_inserter(failure), "{}:{}: {}: {}\n", report.capture,
                               v.line, v.object, v.reason);
            }
        }
        suite.add("automata", rule, failure);
    }
}

} // namespace

std::string report_junit(std::vector<Report> const& reports) {
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    for (auto const& report : reports) {
        Suite suite;
        suite.add("capture", "can be read",
                  report.verdict == Verdict::unreadable ? to_string(report.diagnostics) + "\n"
                                                        : "");
        add_functions(suite, report);
        add_uncurated(suite, report);
        add_rules(suite, report);
        if (report.scenario) {
            suite.add("scenario", report.scenario->scenario,
                      report.scenario->found ? "" : report.scenario->explanation + "\n");
        }
        fmt::format_to(std::back_inserter(out),
                       "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n{}  </testsuite>\n",
                       escaped(report.capture), suite.tests, suite.failures, suite.cases);
    }
    return out + "</testsuites>\n";
}

} // namespace kflow::check
