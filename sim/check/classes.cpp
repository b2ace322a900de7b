#include "sim/check/classes.hpp"

#include <map>
#include <vector>

namespace kflow::check {
namespace {

using model::FunctionId;

class Classes {
public:
    Classes(model::Program const& program, Mask const& mask,
            std::set<std::string, std::less<>> const& shown, ClassCount& out)
        : program_(program), mask_(mask), shown_(shown), out_(out) {}

    void add(FunctionId function) {
        chain_.assign(1, function);
        walk();
    }

private:
    /// The text of the innermost caller.
    void walk() {
        auto const function = chain_.front();
        if (!program_[function].has_body || !walked_.insert(function).second) {
            return;
        }
        std::map<FunctionId, int> sites;
        for (auto const& code : program_.body(function)) {
            if (code.op == model::Op::call) {
                auto const callee = static_cast<FunctionId>(code.subject);
                see(callee, mask_.call(chain_, callee, ++sites[callee]));
            } else if (code.op == model::Op::via) {
                for (auto const& member : program_.in_members(code.members)) {
                    if (member.callee != model::kNone<FunctionId>) {
                        see(member.callee, mask_.indirect(chain_, member.callee));
                    }
                }
            }
        }
    }

    void see(FunctionId callee, Shown const& shown) {
        if (shown.visible) {
            out_.filtered += !shown_.empty() && !shown_.contains(program_[callee].name) ? 1U : 0U;
            return;
        }
        if (!shown.expanded) {
            return;
        }
        ++(shown.own_code ? out_.hidden : out_.inlined);
        auto const outer = chain_;
        if (shown.own_code) {
            chain_.clear();
        }
        chain_.insert(chain_.begin(), callee);
        walk();
        chain_ = outer;
    }

    model::Program const& program_;
    Mask const& mask_;
    std::set<std::string, std::less<>> const& shown_;
    ClassCount& out_;
    std::vector<FunctionId> chain_; ///< whose text is read, up to whose code it is
    std::set<FunctionId> walked_;
};

} // namespace

void count_classes(model::Program const& program, Mask const& mask,
                   std::set<std::string, std::less<>> const& shown, ConformanceResult& result) {
    Classes classes(program, mask, shown, result.classes);
    std::set<std::pair<std::string, std::string>> called;
    for (auto const& function : result.functions) {
        called.emplace(function.file, function.name);
    }
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        auto const& function = program.functions[i];
        if (function.has_body &&
            called.contains({std::string(program[function.file]), std::string(function.name)})) {
            classes.add(static_cast<FunctionId>(i));
        }
    }
}

} // namespace kflow::check
