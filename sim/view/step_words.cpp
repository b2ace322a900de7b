#include "sim/view/step_words.hpp"

#include <fmt/format.h>

namespace kflow::view {

namespace {

using engine::StepKind;

constexpr StepWords kEnglish{"stack",
                             "tasks",
                             "log",
                             "why",
                             "parent",
                             "in",
                             "yes",
                             "no",
                             "called at",
                             "… {} more",
                             {"", " (not traced)", " (inlined here)", " (user space)"}};

constexpr StepWords kKorean{"커널 스택",
                            "태스크",
                            "로그",
                            "까닭",
                            "부모",
                            "시스템 콜",
                            "예",
                            "아니요",
                            "부른 곳",
                            "… 외 {}개",
                            {"", " (추적 안 됨)", " (여기서는 인라인)", " (사용자 공간)"}};

/// Of each StepKind: `{0}` is the name, `{1}` the answer, `{2}` the result.
std::string_view pattern(StepKind kind, bool korean) {
    switch (kind) {
    case StepKind::call:
        return korean ? "{0} 호출" : "call {0}";
    case StepKind::leave:
        return korean ? "{0}에서 복귀" : "return from {0}";
    case StepKind::event:
        return korean ? "이벤트 {0}" : "event {0}";
    case StepKind::effect:
        return korean ? "효과 {0}" : "do {0}";
    case StepKind::guard:
        return "{0}? {1}";
    case StepKind::block:
        return korean ? "잠든다" : "goes to sleep";
    case StepKind::switch_task:
        return korean ? "CPU가 다른 태스크로 넘어간다" : "the CPU goes on with another task";
    case StepKind::enter_kernel:
        return korean ? "시스템 콜 {0}" : "system call {0}";
    case StepKind::leave_kernel:
        return korean ? "시스템 콜 {0}의 반환값 {2}" : "system call {0} returns {2}";
    case StepKind::interrupt:
        return korean ? "인터럽트 {0}" : "interrupt {0}";
    case StepKind::user:
        return korean ? "사용자 공간 {0}" : "user space {0}";
    case StepKind::helpers:
        return korean ? "모델에 없는 호출들" : "calls below the model";
    }
    return "";
}

} // namespace

StepWords const& step_words(Language language) {
    return language == Language::korean ? kKorean : kEnglish;
}

std::string step_text(StepKind kind, std::string_view name, bool yes, std::int64_t result,
                      Language language) {
    auto const& words = step_words(language);
    return fmt::format(fmt::runtime(pattern(kind, language == Language::korean)), name,
                       yes ? words.yes : words.no, result);
}

} // namespace kflow::view
