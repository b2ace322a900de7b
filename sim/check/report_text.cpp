#include "sim/check/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace kflow::check {
namespace {

constexpr std::size_t kMostSites = 40;
constexpr std::size_t kMostGuards = 8;

/// A difference that occurs often at one place of the model is charged once.
struct Site {
    Divergence const* first = nullptr;
    std::size_t count = 0;
};

std::vector<Site> sites_of(std::vector<Divergence> const& divergences) {
    std::map<std::tuple<std::string, std::uint32_t, int, std::string, std::string>, std::size_t>
        index;
    std::vector<Site> sites;
    for (auto const& d : divergences) {
        auto const key =
            std::tuple(d.model_file, d.model_line, static_cast<int>(d.kind), d.function, d.parent);
        auto const [place, is_new] = index.emplace(key, sites.size());
        if (is_new) {
            sites.push_back({&d, 0});
        }
        ++sites[place->second].count;
    }
    return sites;
}

void put(std::string& out, std::string_view what, Fitness const& fitness) {
    if (fitness.calls > 0) {
        fmt::format_to(std::back_inserter(out),
                       "  {:<10}{:>8} of {:>8} calls accepted, fitness {:.4f}\n", what,
                       fitness.accepted, fitness.calls, fitness.value());
    }
}

void put_conformance(std::string& out, Report const& report, bool explain) {
    auto const& c = report.conformance;
    out += "Conformance: does every call do what its function's body allows?\n";
    put(out, "curated", c.curated);
    put(out, "learned", c.learned);
    fmt::format_to(std::back_inserter(out),
                   "  {:<10}{:>8} calls; set aside as noise {} (in {} groups), preemptions {}; "
                   "without a body {}\n",
                   "all", c.total.calls, c.noise, c.groups, c.preemptions, c.unmodelled);
    fmt::format_to(std::back_inserter(out),
                   "  children  {} matched; of the bodies' calls {} are inlined here, {} hidden "
                   "here, {} filtered out\n",
                   c.classes.matched, c.classes.inlined, c.classes.hidden, c.classes.filtered);
    auto const& g = c.guards;
    fmt::format_to(
        std::back_inserter(out),
        "  guards    {} asked: {} known from events, {} settled by the calls, {} without "
        "visible consequence, {} open ({:.2f} %)\n",
        g.asked, g.known, g.settled, g.idle, g.unsettled, 100 * g.share());
    std::vector<std::pair<std::size_t, std::string>> open;
    for (auto const& [name, count] : c.unsettled) {
        open.emplace_back(count, name);
    }
    std::stable_sort(open.begin(), open.end(),
                     [](auto const& a, auto const& b) { return a.first > b.first; });
    auto const shown = explain ? open.size() : std::min(open.size(), kMostGuards);
    if (!open.empty()) {
        out += "  most often open:";
        for (std::size_t i = 0; i < shown; ++i) {
            fmt::format_to(std::back_inserter(out), " {} ({})", open[i].second, open[i].first);
        }
        out += '\n';
    }
    std::size_t passed = 0;
    for (auto const& [reason, count] : c.maybes) {
        passed += count;
    }
    if (passed > 0) {
        fmt::format_to(std::back_inserter(out), "  left open by the model (maybe): {} times\n",
                       passed);
        for (auto const& [reason, count] : c.maybes) {
            fmt::format_to(std::back_inserter(out), "    {:>6}  {}\n", count, reason);
        }
    }
}

/// One line for each `each`: the largest number, of how many walks, and how many of these the rest
/// of the capture vouches for.
void put_counts(std::string& out, std::vector<MemberCount> const& counts) {
    struct Sum {
        MemberCount const* largest = nullptr;
        std::size_t walks = 0;
        std::size_t known = 0;
    };
    std::map<std::pair<std::string_view, std::string_view>, Sum> sums;
    for (auto const& count : counts) {
        auto& sum = sums[{count.collection, count.function}];
        ++sum.walks;
        sum.known += count.known ? 1U : 0U;
        if (!sum.largest || count.rounds > sum.largest->rounds) {
            sum.largest = &count;
        }
    }
    if (!sums.empty()) {
        out += "  counted:\n";
    }
    for (auto const& [key, sum] : sums) {
        fmt::format_to(std::back_inserter(out), "    {:>6}  {} in {} (line {}){}{}\n",
                       sum.largest->rounds, key.first, key.second, sum.largest->capture_line,
                       sum.walks > 1 ? fmt::format(", the most of {} walks", sum.walks) : "",
                       sum.known > 0 ? fmt::format("; {} known from elsewhere", sum.known) : "");
    }
}

void put_divergences(std::string& out, Report const& report, bool explain) {
    auto const& all = report.conformance.divergences;
    auto const sites = sites_of(all);
    if (sites.empty()) {
        return;
    }
    fmt::format_to(std::back_inserter(out), "Differences: {} at {} places of the model\n",
                   all.size(), sites.size());
    auto const shown = explain ? sites.size() : std::min(sites.size(), kMostSites);
    for (std::size_t i = 0; i < shown; ++i) {
        auto const& d = *sites[i].first;
        auto const where = d.kind == DifferenceKind::unseen ? "what was learned"
                           : d.model_file.empty()
                               ? "the build's control flow"
                               : fmt::format("model: {}:{}", d.model_file, d.model_line);
        fmt::format_to(std::back_inserter(out), "  {}:{}: {}: {}\n    {}{}\n", report.capture,
                       d.capture_line, to_string(d.kind), d.reason, where,
                       sites[i].count > 1 ? fmt::format("; {} times in all", sites[i].count) : "");
        if (!d.expected.empty()) {
            out += "    " + d.expected + '\n';
        }
    }
    if (shown < sites.size()) {
        fmt::format_to(std::back_inserter(out), "  … and {} places more (--explain shows all)\n",
                       sites.size() - shown);
    }
}

void put_automata(std::string& out, Report const& report) {
    auto const& a = report.automata;
    fmt::format_to(std::back_inserter(out),
                   "Lifecycle rules: {} held against {} tasks, CPUs and signals, {} violated\n",
                   a.judged.size(), a.objects, a.violations.size());
    for (auto const& v : a.violations) {
        fmt::format_to(std::back_inserter(out), "  {}:{}: {}: {}: {}{}\n", report.capture, v.line,
                       v.rule, v.object, v.reason,
                       v.since ? fmt::format(" (see line {})", v.since) : "");
    }
}

void put_scenario(std::string& out, Report const& report) {
    if (!report.scenario) {
        return;
    }
    auto const& s = *report.scenario;
    fmt::format_to(std::back_inserter(out),
                   "Scenario {}, start {}: {}\n  spine {} of {}, events {} of {}\n  {}\n",
                   s.scenario, s.start,
                   s.found ? "this capture is one of its runs" : "no run of it looks like this",
                   s.spine_matched, s.spine_total, s.events_matched, s.events_total, s.explanation);
}

} // namespace

std::string report_text(Report const& report, bool explain) {
    std::string out;
    fmt::format_to(std::back_inserter(out), "{}: {}\n", report.capture, to_string(report.verdict));
    if (report.verdict == Verdict::unreadable) {
        return out + to_string(report.diagnostics);
    }
    for (auto const& gap : report.gaps) {
        out += "  gap: " + gap + '\n';
    }
    fmt::format_to(std::back_inserter(out), "Checked as {} ({})\n", report.build,
                   report.build_reason);
    for (auto const& assumption : report.assumptions) {
        out += "  assumed: " + assumption + '\n';
    }
    if (!report.diagnostics.empty()) {
        fmt::format_to(std::back_inserter(out),
                       "The model has {} errors; what is wrong in it is not checked:\n",
                       report.diagnostics.size());
        auto const shown =
            explain ? report.diagnostics.size() : std::min(report.diagnostics.size(), kMostGuards);
        for (std::size_t i = 0; i < shown; ++i) {
            auto const& d = report.diagnostics[i];
            fmt::format_to(std::back_inserter(out), "  {}:{}: {}\n", d.place.file, d.place.line,
                           d.message);
        }
    }
    put_conformance(out, report, explain);
    put_counts(out, report.conformance.counts);
    put_divergences(out, report, explain);
    put_automata(out, report);
    put_scenario(out, report);
    return out;
}

} // namespace kflow::check
