#include "sim/view/build_difference_report.hpp"

#include "sim/view/difference_words.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kflow::view {

namespace {

using model::FunctionDifference;
using model::ShownCall;
using model::StepDifference;
using Kind = StepDifference::Kind;

std::string file_text(std::string const& file) {
    return file.empty() ? "?" : file;
}

class BuildReport {
public:
    BuildReport(model::BuildDifference const& difference, ComparedNames const& names,
                Language language)
        : difference_(difference), names_(names), language_(language), say_(language) {}

    DifferenceReport make() {
        report_.title = title_of(names_, language_);
        add(presence(say_("New", "새로 생김"), &FunctionDifference::second,
                     [](FunctionDifference const& f) { return f.is_new() && !f.renamed; }));
        add(presence(say_("Gone", "없어짐"), &FunctionDifference::first,
                     [](FunctionDifference const& f) { return f.is_gone() && !f.renamed; }));
        add(renamed());
        add(moved());
        add(presence(
            say_("Called here now", "이제 여기서 불림"), &FunctionDifference::second,
            [](FunctionDifference const& f) { return f.is_reached_in_one() && f.second.reached; }));
        add(presence(
            say_("Not called here any more", "이제 여기서 불리지 않음"), &FunctionDifference::first,
            [](FunctionDifference const& f) { return f.is_reached_in_one() && f.first.reached; }));
        add(bodies());
        for (auto& section : shown()) {
            add(std::move(section));
        }
        add(incomparable());
        summarise();
        return std::move(report_);
    }

private:
    template <typename Which>
    ReportSection presence(std::string_view title,
                           FunctionDifference::Side FunctionDifference::*side, Which which) const {
        ReportSection section{std::string(title), presence_columns()};
        for (auto const& f : difference_.functions) {
            if (which(f)) {
                auto const& known = f.*side;
                section.rows.push_back({"",
                                        {known.name, file_text(known.file),
                                         say_.names(known.callers), say_.doc(known.doc)}});
            }
        }
        return section;
    }

    std::vector<std::string> presence_columns() const {
        return {text("function", "함수"), text("file", "파일"), text("called by", "부르는 함수"),
                text("what it does", "하는 일")};
    }

    ReportSection renamed() const {
        ReportSection section{text("Renamed", "이름이 바뀜"),
                              {names_.first, names_.second, text("file", "파일"),
                               text("why it is taken for the same", "같다고 본 까닭")}};
        for (auto const& f : difference_.functions) {
            if (f.renamed) {
                section.rows.push_back({"",
                                        {f.first.name, "→ " + f.second.name,
                                         file_text(f.second.file), reasons(f.evidence)}});
            }
        }
        return section;
    }

    std::string reasons(model::RenameEvidence const& evidence) const {
        std::vector<std::string> all;
        if (!evidence.callers.empty()) {
            all.push_back(fmt::format(fmt::runtime(say_("same place in {}", "{}의 같은 자리")),
                                      say_.names(evidence.callers)));
        }
        if (evidence.same_steps > 0) {
            all.push_back(
                fmt::format(fmt::runtime(say_("{} of {} steps the same", "본문 {}/{} 같음")),
                            evidence.same_steps, evidence.all_steps));
        }
        if (evidence.same_file) {
            all.emplace_back(say_("same file", "같은 파일"));
        }
        if (evidence.alike) {
            all.emplace_back(say_("alike names", "비슷한 이름"));
        }
        return fmt::format("{}", fmt::join(all, ", "));
    }

    ReportSection moved() const {
        ReportSection section{text("Moved to another file", "다른 파일로 옮겨짐"),
                              {text("function", "함수"), names_.first, names_.second}};
        for (auto const& f : difference_.functions) {
            if (f.is_moved()) {
                section.rows.push_back({"", {f.second.name, f.first.file, "→ " + f.second.file}});
            }
        }
        return section;
    }

    ReportSection bodies() const {
        ReportSection section{
            text("Changed bodies", "바뀐 본문"),
            {text("function", "함수"), "", text("step", "단계"), text("when", "언제")},
            text("signs: + is there now, - is not any more, ~ under another condition, "
                 "^ at another place",
                 "기호: + 생김, - 없어짐, ~ 조건이 바뀜, ^ 자리가 바뀜"),
            true};
        for (auto const& f : difference_.functions) {
            for (auto const& step : f.steps) {
                section.rows.push_back(
                    {fmt::format("{} ({})", f.name(), file_text(f.file())),
                     {std::string(sign_of(step.kind)), step_text(step), when(step)}});
            }
        }
        return section;
    }

    static std::string_view sign_of(Kind kind) {
        constexpr std::string_view signs[] = {"+", "-", "~", "^"};
        return signs[static_cast<std::size_t>(kind)];
    }

    std::string step_text(StepDifference const& difference) const {
        auto const& step = difference.kind == Kind::removed ? difference.before : difference.after;
        switch (step.kind) {
        case model::BodyStep::Kind::pointer:
            return fmt::format(fmt::runtime(say_("{} (through a pointer)", "{} (포인터로)")),
                               step.name);
        case model::BodyStep::Kind::event:
            return fmt::format(fmt::runtime(say_("event {}", "이벤트 {}")), step.name);
        case model::BodyStep::Kind::failure:
            return fmt::format(fmt::runtime(say_("fails with {}", "{} 오류로 실패")), step.name);
        default:
            return step.name;
        }
    }

    std::string condition_text(model::BodyStep const& step) const {
        auto const condition =
            step.condition.empty() && !step.cleanup ? text("always", "언제나") : step.condition;
        if (!step.cleanup) {
            return condition;
        }
        return text("on failure", "실패하면") + (condition.empty() ? "" : ", " + condition);
    }

    std::string when(StepDifference const& step) const {
        switch (step.kind) {
        case Kind::added:
            return condition_text(step.after);
        case Kind::removed:
            return condition_text(step.before);
        case Kind::condition:
            return fmt::format("{} → {}", condition_text(step.before), condition_text(step.after));
        default:
            return fmt::format("{} → {}", place(step.behind_before), place(step.behind_after));
        }
    }

    std::string place(std::string const& behind) const {
        return behind.empty() ? text("first", "맨 처음")
                              : fmt::format(fmt::runtime(say_("behind {}", "{} 다음")), behind);
    }

    std::vector<ReportSection> shown() const {
        std::vector<ReportSection> sections;
        for (auto const title :
             {say_("Inlined now", "이제 인라인됨"), say_("Out of line now", "이제 따로 불림"),
              say_("Shown otherwise", "달리 보임"),
              say_("Compiled to other symbols", "다른 심벌로 컴파일됨")}) {
            sections.push_back(
                {std::string(title),
                 {text("function", "함수"), names_.first, names_.second, text("in", "어디에서")}});
        }
        for (auto const& f : difference_.functions) {
            for (auto const& call : f.shown) {
                sections[section_of(call)].rows.push_back(
                    {"",
                     {f.second.name, shown_text(call.first), "→ " + shown_text(call.second),
                      say_.names(call.callers)}});
            }
        }
        return sections;
    }

    static std::size_t section_of(model::ShownDifference const& call) {
        using build::EdgeKind;
        if (call.first.kind == call.second.kind) {
            return 3;
        }
        if (call.second.kind == EdgeKind::inlined) {
            return 0;
        }
        return call.first.kind == EdgeKind::inlined ? 1 : 2;
    }

    std::string shown_text(ShownCall const& call) const {
        auto const with = [&call](std::string_view kind) {
            return call.symbols.empty() ? std::string(kind)
                                        : fmt::format("{} ({})", kind, call.symbols);
        };
        switch (call.kind) {
        case build::EdgeKind::visible:
            return with(say_("traced", "추적됨"));
        case build::EdgeKind::hidden:
            return with(say_("hidden", "숨음"));
        case build::EdgeKind::either:
            return with(say_("inlined in places", "곳에 따라 인라인"));
        default:
            return with(say_("inlined", "인라인"));
        }
    }

    ReportSection incomparable() const {
        ReportSection section{text("Not compared", "비교하지 않음"),
                              {text("function", "함수"), text("file", "파일"),
                               text("described for", "본문이 있는 쪽")},
                              text("Both sources have them; the model describes one of the two.",
                                   "두 소스에 모두 있지만 모델에는 한쪽의 본문만 있다.")};
        for (auto const& f : difference_.functions) {
            if (f.is_described_for_one()) {
                section.rows.push_back({"",
                                        {f.name(), file_text(f.file()),
                                         f.first.described ? names_.first : names_.second}});
            }
        }
        return section;
    }

    std::string text(std::string_view english, std::string_view korean) const {
        return std::string(say_(english, korean));
    }

    void add(ReportSection section) { report_.sections.push_back(std::move(section)); }

    void summarise() {
        auto const& all = difference_.functions;
        auto const same =
            std::ranges::count_if(all, [](FunctionDifference const& f) { return !f.is_changed(); });
        report_.summary.push_back(
            fmt::format(fmt::runtime(say_("{} functions and macros, {} of them unchanged",
                                          "함수와 매크로 {}개, 그중 {}개는 그대로")),
                        all.size(), same));
        report_.summary.push_back(
            difference_.nothing_changed()
                ? text("nothing changed", "바뀐 것이 없다")
                : fmt::format("{}", fmt::join(counts_of(report_.sections), ", ")));
    }

    model::BuildDifference const& difference_;
    ComparedNames const& names_;
    Language language_;
    DifferenceWords say_;
    DifferenceReport report_;
};

} // namespace

std::string title_of(ComparedNames const& names, Language language) {
    auto title = fmt::format("{} → {}", names.first, names.second);
    if (!names.below.empty()) {
        title += language == Language::korean ? fmt::format(", {} 아래", names.below)
                                              : fmt::format(", below {}", names.below);
    }
    return title;
}

DifferenceReport report_of(model::BuildDifference const& difference, ComparedNames const& names,
                           Language language) {
    return BuildReport(difference, names, language).make();
}

} // namespace kflow::view
