// Statements that decide what comes next: loops, conditions, the end.

#include "sim/scenario/compiler.hpp"
#include "sim/scenario/verbs.hpp"

#include <algorithm>

namespace kflow::scenario {

namespace {

constexpr std::int64_t kNoLine = -2; ///< what no variable holds

/// Whether a line is the pattern's text, in which `*` stands for one word.
bool matches(std::string_view line, std::string_view pattern) {
    auto const star = pattern.find('*');
    if (star == std::string_view::npos) {
        return line == pattern;
    }
    if (line.substr(0, star) != pattern.substr(0, star) || line.size() <= star) {
        return false;
    }
    auto const rest = line.substr(star);
    auto const word = rest.substr(0, rest.find(' '));
    return !word.empty() && matches(rest.substr(word.size()), pattern.substr(star + 1));
}

} // namespace

void Compiler::close_loop(std::uint32_t top, int line) {
    add(Op::Kind::jump, line).target = top;
    for (auto const leave : leaves_.back()) {
        out_.ops[leave].target = here();
    }
    leaves_.pop_back();
}

void Compiler::repeat(Statement const& s) {
    Variable const counter = variable("(repeat " + std::to_string(s.line) + ")");
    Op& start = add(Op::Kind::set, s.line);
    start.result = counter;
    start.left = Value::of(0);
    auto const top = here();
    Op& test = add(Op::Kind::branch, s.line);
    test.left = Value::var(counter);
    test.compare = Compare::less;
    test.right = Value::of(s.words[0].number);
    leaves_.push_back({top});
    block(s.body);
    Op& step = add(Op::Kind::add, s.line);
    step.result = counter;
    step.left = Value::var(counter);
    step.right = Value::of(1);
    close_loop(top, s.line);
}

void Compiler::loop(Statement const& s) {
    auto const top = here();
    leaves_.push_back({});
    block(s.body);
    close_loop(top, s.line);
}

void Compiler::leave(Statement const& s) {
    if (leaves_.empty()) {
        return;
    }
    leaves_.back().push_back(here());
    add(Op::Kind::jump, s.line);
}

void Compiler::either(Statement const& s, std::vector<Op> const& tests) {
    std::vector<std::uint32_t> to_block;
    std::uint32_t last_test = 0;
    for (std::size_t n = 0; n < tests.size(); ++n) {
        last_test = here();
        out_.ops.push_back(tests[n]);
        if (n + 1 < tests.size()) {
            to_block.push_back(here());
            add(Op::Kind::jump, s.line);
            out_.ops[last_test].target = here();
        }
    }
    for (auto const jump : to_block) {
        out_.ops[jump].target = here();
    }
    block(s.body);
    auto const out = here();
    add(Op::Kind::jump, s.line);
    if (!tests.empty()) {
        out_.ops[last_test].target = here();
    }
    block(s.otherwise);
    out_.ops[out].target = here();
}

Op Compiler::compared(Statement const& s, Compare compare, std::int64_t with) {
    Op test;
    test.kind = Op::Kind::branch;
    test.left = Value::var(variable(s.words[0].text));
    test.compare = compare;
    test.right = Value::of(with);
    test.line = s.line;
    return test;
}

void Compiler::condition_on_variable(Statement const& s) {
    if (s.words.size() == 1) {
        return either(s, {compared(s, Compare::greater, 0)});
    }
    std::vector<Op> tests;
    std::set<std::int64_t> seen;
    for (auto const line : typed_) {
        if (seen.insert(line).second && matches(world_.string(line), s.words[1].text)) {
            tests.push_back(compared(s, Compare::equal, line));
        }
    }
    if (tests.empty()) { // nobody types it: never
        tests.push_back(compared(s, Compare::equal, kNoLine));
    }
    either(s, tests);
}

void Compiler::condition(Statement const& s) {
    if (is_variable_name(s.words[0].text)) {
        return condition_on_variable(s);
    }
    Op& failed = add(Op::Kind::branch, s.line);
    failed.left = Value::var(last_);
    failed.compare = Compare::less;
    failed.right = Value::of(0);
    std::vector<std::uint32_t> skips{here() - 1};
    if (s.words[0].text != "failed") {
        add(Op::Kind::branch_errno, s.line).left = Value::of(errno_number(s.words[0].text));
        skips.push_back(here() - 1);
    }
    block(s.body);
    std::uint32_t const out = here();
    add(Op::Kind::jump, s.line);
    for (auto const skip : skips) {
        out_.ops[skip].target = here();
    }
    block(s.otherwise);
    out_.ops[out].target = here();
}

void Compiler::finish(Statement const& s) {
    std::int64_t const code = s.words[0].number;
    if (s.verb == "return") {
        return end(code, s.line);
    }
    call(s.verb, {{Arg::exit_code, Value::of(code)}}, s.line);
}

void Compiler::bare_exit(Statement const& s) {
    system_call("exit", {{Arg::exit_code, Value::of(s.words[1].number)}}, s.line);
}

} // namespace kflow::scenario
