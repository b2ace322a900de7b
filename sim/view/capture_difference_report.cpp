#include "sim/view/capture_difference_report.hpp"

#include "sim/view/difference_words.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::view {

namespace {

using Function = trace::ProfileDifference::Function;

class CaptureReport {
public:
    CaptureReport(trace::ProfileDifference const& difference, ComparedNames const& names,
                  SourceFiles const& files, Language language)
        : difference_(difference), names_(names), files_(files), language_(language),
          say_(language) {}

    DifferenceReport make() const {
        DifferenceReport report;
        report.title = title_of(names_, language_);
        report.sections.push_back(only_in(names_.first, &Function::first, &Function::second));
        report.sections.push_back(only_in(names_.second, &Function::second, &Function::first));
        report.sections.push_back(callees());
        report.sections.push_back(orders());
        summarise(report);
        return report;
    }

private:
    ReportSection only_in(std::string const& name, std::size_t Function::*here,
                          std::size_t Function::*there) const {
        ReportSection section{fmt::format(fmt::runtime(say_("Only in {}", "{}에만 있음")), name),
                              {text("function", "함수"), text("file", "파일"),
                               text("calls", "호출 수"), text("called by", "부르는 함수")}};
        for (auto const& f : difference_.functions) {
            if (f.*there == 0) {
                section.rows.push_back({"",
                                        {f.name, files_.of(f.name), fmt::format("{}", f.*here),
                                         say_.names(f.callers)}});
            }
        }
        return section;
    }

    ReportSection callees() const {
        ReportSection section{
            text("Other calls", "달라진 호출"),
            {text("function", "함수"), text("calls", "부르는 것"), names_.first, names_.second},
            text("how often one call of the function makes them",
                 "함수가 한 번 불릴 때 몇 번 부르는가"),
            true};
        for (auto const& f : difference_.functions) {
            auto const group =
                fmt::format(fmt::runtime(say_("{} ({}; {} and {} calls)", "{} ({}; 호출 {}, {})")),
                            f.name, files_.of(f.name), f.first, f.second);
            for (auto const& callee : f.callees) {
                section.rows.push_back({group,
                                        {callee.callee, rate(callee.first, callee.first_per_call),
                                         "→ " + rate(callee.second, callee.second_per_call)}});
            }
        }
        return section;
    }

    static std::string rate(std::size_t count, double per_call) {
        return count == 0 ? "-" : fmt::format("{:.2f}", per_call);
    }

    ReportSection orders() const {
        ReportSection section{
            text("Another order", "달라진 순서"),
            {text("function", "함수"), "", text("order", "순서")},
            text("the most frequent order of what both call", "둘 다 부르는 것의 가장 흔한 순서"),
            true};
        for (auto const& f : difference_.functions) {
            if (f.first_order == f.second_order) {
                continue;
            }
            auto const group = fmt::format("{} ({})", f.name, files_.of(f.name));
            section.rows.push_back({group, {names_.first, joined(f.first_order)}});
            section.rows.push_back({group, {names_.second, joined(f.second_order)}});
        }
        return section;
    }

    static std::string joined(std::vector<std::string> const& order) {
        return fmt::format("{}", fmt::join(order, " → "));
    }

    void summarise(DifferenceReport& report) const {
        auto const& all = difference_.functions;
        report.summary.push_back(fmt::format(
            fmt::runtime(say_("{} functions, {} of them in both, {} of those unchanged",
                              "함수 {}개, 둘 다 있는 것 {}개, 그중 {}개는 그대로")),
            all.size(), std::ranges::count_if(all, &Function::in_both),
            std::ranges::count_if(all, [](Function const& f) { return !f.is_changed(); })));
        if (!difference_.orders_known) {
            report.summary.push_back(text("function records tell no order: only who calls whom",
                                          "function 기록에는 순서가 없어 누가 누구를 부르는지만 "
                                          "비교했다"));
        }
        if (difference_.nothing_changed()) {
            report.summary.push_back(text("nothing changed", "바뀐 것이 없다"));
        }
    }

    std::string text(std::string_view english, std::string_view korean) const {
        return std::string(say_(english, korean));
    }

    trace::ProfileDifference const& difference_;
    ComparedNames const& names_;
    SourceFiles const& files_;
    Language language_;
    DifferenceWords say_;
};

} // namespace

DifferenceReport report_of(trace::ProfileDifference const& difference, ComparedNames const& names,
                           SourceFiles const& files, Language language) {
    return CaptureReport(difference, names, files, language).make();
}

} // namespace kflow::view
