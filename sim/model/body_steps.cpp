#include "sim/model/body_steps.hpp"

#include "sim/model/conditions.hpp"

#include <fmt/format.h>

namespace kflow::model {

namespace {

void add_condition(std::string& all, std::string_view one) {
    all += all.empty() ? "" : ", ";
    all += one;
}

std::string condition_of(Program const& program, Pc pc) {
    auto const blocks = conditions_around(program, pc);
    std::string text;
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block) {
        add_condition(text, block->text);
    }
    return text;
}

class StepReader {
public:
    explicit StepReader(Program const& program) : program_(program) {}

    std::vector<BodyStep> read(FunctionId function) {
        auto const body = program_.body(function);
        for (std::size_t k = 0; k < body.size(); ++k) {
            read(body[k], program_[function].entry + static_cast<Pc>(k));
        }
        return std::move(steps_);
    }

private:
    void read(Instruction const& i, Pc pc) {
        switch (i.op) {
        case Op::call:
            add(BodyStep::Kind::call, program_[FunctionId{i.subject}].name, pc);
            break;
        case Op::syscall:
            add(BodyStep::Kind::call, fmt::format("__arm64_sys_{}", program_.syscalls[i.subject]),
                pc);
            break;
        case Op::via:
            for (auto const& member : program_.in_members(i.members)) {
                add_member(member, pc);
            }
            break;
        case Op::emit:
            add(BodyStep::Kind::event, program_[EventId{i.subject}], pc);
            break;
        case Op::set_error:
            if (ErrnoId{i.subject} != kNone<ErrnoId>) {
                add(BodyStep::Kind::failure, program_[ErrnoId{i.subject}], pc);
            }
            break;
        default:
            break;
        }
    }

    void add(BodyStep::Kind kind, std::string_view name, Pc pc) {
        steps_.push_back(
            {kind, std::string(name), condition_of(program_, pc), program_.code[pc].cleanup});
    }

    void add_member(ViaMember const& member, Pc pc) {
        if (member.callee == kNone<FunctionId>) {
            return;
        }
        add(BodyStep::Kind::pointer, program_[member.callee].name, pc);
        if (member.guard != kNone<GuardId>) {
            add_condition(
                steps_.back().condition,
                fmt::format("{} {}", member.negate ? "if not" : "if", program_[member.guard].name));
        }
    }

    Program const& program_;
    std::vector<BodyStep> steps_;
};

} // namespace

std::vector<BodyStep> steps_of(Program const& program, FunctionId function) {
    return StepReader(program).read(function);
}

} // namespace kflow::model
