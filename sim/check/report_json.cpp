#include "sim/check/report.hpp"

#include <nlohmann/json.hpp>

namespace kflow::check {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(Fitness const& f) {
    return {{"calls", f.calls}, {"accepted", f.accepted}, {"fitness", f.value()}};
}

Json json_of(Divergence const& d) {
    Json json{{"kind", to_string(d.kind)},  {"function", d.function},
              {"parent", d.parent},         {"capture_line", d.capture_line},
              {"model_file", d.model_file}, {"model_line", d.model_line},
              {"reason", d.reason}};
    if (!d.expected.empty()) {
        json["expected"] = d.expected;
    }
    return json;
}

Json json_of(Violation const& v) {
    return {{"rule", v.rule},   {"object", v.object}, {"capture_line", v.line},
            {"since", v.since}, {"reason", v.reason}, {"model_file", v.file}};
}

Json json_of(ScenarioResult const& s) {
    Json json{{"scenario", s.scenario},
              {"start", s.start},
              {"schedule", s.found ? "found" : "not found"},
              {"spine_matched", s.spine_matched},
              {"spine_total", s.spine_total},
              {"events_matched", s.events_matched},
              {"events_total", s.events_total},
              {"search",
               {{"tasks", s.tasks},
                {"ahead", s.ahead},
                {"choices", s.choices},
                {"tries", s.tries},
                {"given_up", s.given_up}}},
              {"explanation", s.explanation},
              {"divergences", Json::array()}};
    for (auto const& d : s.divergences) {
        json["divergences"].push_back(json_of(d));
    }
    return json;
}

Json guards(ConformanceResult const& c) {
    auto const& g = c.guards;
    Json json{{"asked", g.asked},      {"known", g.known},         {"settled", g.settled},
              {"idle", g.idle},        {"unsettled", g.unsettled}, {"share", g.share()},
              {"open", Json::object()}};
    for (auto const& [name, count] : c.unsettled) {
        json["open"][name] = count;
    }
    return json;
}

Json json_of(Report const& report) {
    auto const& c = report.conformance;
    Json json{{"capture", report.capture},
              {"tracer", report.tracer},
              {"build", report.build},
              {"build_reason", report.build_reason},
              {"assumptions", report.assumptions},
              {"verdict", to_string(report.verdict)},
              {"gaps", report.gaps},
              {"curated", json_of(c.curated)},
              {"learned", json_of(c.learned)},
              {"total", json_of(c.total)},
              {"noise", c.noise},
              {"noise_groups", c.groups},
              {"preemptions", c.preemptions},
              {"lost", report.lost},
              {"unmodelled", c.unmodelled},
              {"cut", c.cut}};
    json["classes"] = {{"matched", c.classes.matched},
                       {"inlined", c.classes.inlined},
                       {"hidden", c.classes.hidden},
                       {"filtered", c.classes.filtered}};
    json["functions"] = Json::array();
    for (auto const& f : c.functions) {
        json["functions"].push_back(
            {{"file", f.file}, {"name", f.name}, {"calls", f.calls}, {"accepted", f.accepted}});
    }
    json["divergences"] = Json::array();
    for (auto const& d : c.divergences) {
        json["divergences"].push_back(json_of(d));
    }
    json["scenario"] = report.scenario ? json_of(*report.scenario) : Json(nullptr);
    json["automata"] = {{"judged", report.automata.judged},
                        {"not_judged", report.automata.not_judged},
                        {"violations", Json::array()}};
    for (auto const& v : report.automata.violations) {
        json["automata"]["violations"].push_back(json_of(v));
    }
    json["counts"] = Json::array();
    for (auto const& count : c.counts) {
        json["counts"].push_back({{"collection", count.collection},
                                  {"function", count.function},
                                  {"capture_line", count.capture_line},
                                  {"count", count.rounds},
                                  {"known", count.known ? Json(*count.known) : Json(nullptr)}});
    }
    json["guards"] = guards(c);
    std::size_t passed = 0;
    json["maybes"] = Json::object();
    for (auto const& [reason, count] : c.maybes) {
        json["maybes"][reason] = count;
        passed += count;
    }
    json["maybe"] = passed;
    json["unmodelled_names"] = c.unmodelled_names;
    json["diagnostics"] = Json::array();
    for (auto const& d : report.diagnostics) {
        json["diagnostics"].push_back({{"line", d.place.line},
                                       {"column", d.place.column},
                                       {"message", d.message},
                                       {"hint", d.hint}});
    }
    return json;
}

} // namespace

std::string report_json(std::vector<Report> const& reports) {
    auto const dump = [](Json const& json) {
        return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    };
    if (reports.size() == 1) {
        return dump(json_of(reports.front()));
    }
    auto all = Json::array();
    for (auto const& report : reports) {
        all.push_back(json_of(report));
    }
    return dump(all);
}

} // namespace kflow::check
