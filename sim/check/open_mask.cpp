#include "sim/check/open_mask.hpp"

namespace kflow::check {

OpenMask::OpenMask(model::Program const& program, build::BuildFacts const& facts,
                   SeenPairs const& seen)
    : BuildMask(program, facts), facts_(facts), seen_(seen) {}

build::Possibility OpenMask::possible(model::FunctionId caller, model::FunctionId callee,
                                      model::FunctionId outer) const {
    auto const caller_file = file(caller);
    auto const callee_file = file(callee);
    auto const outer_file = file(outer);
    return facts_.possible({caller_file, program_[caller].name, callee_file, program_[callee].name,
                            program_[outer].name, outer_file, 0});
}

build::MaskKind OpenMask::known(model::FunctionId caller, model::FunctionId callee,
                                model::FunctionId outer) const {
    auto const caller_file = file(caller);
    auto const callee_file = file(callee);
    auto const outer_file = file(outer);
    switch (facts_
                .edge({caller_file, program_[caller].name, callee_file, program_[callee].name,
                       program_[outer].name, outer_file, 0})
                .kind) {
    case build::EdgeKind::inlined:
        return build::MaskKind::inlined;
    case build::EdgeKind::either:
        return build::MaskKind::either;
    case build::EdgeKind::visible:
    case build::EdgeKind::hidden:
        break;
    }
    return build::MaskKind::called;
}

std::string OpenMask::unit(model::FunctionId outer) const {
    return std::string(facts_.unit(file(outer)));
}

Shown OpenMask::call(Callers callers, model::FunctionId callee, int /*site*/) const {
    auto const outer = callers.back();
    auto const can = possible(callers.front(), callee, outer);
    Shown shown;
    shown.visible = can.traced;
    shown.expanded = can.may_be_inlined || !can.traced;
    shown.part = can.may_be_inlined && can.has_part;
    shown.open = can.is_open() && can.traced;
    if (can.may_be_called && !can.traced) {
        // A graph is the same with it as a frame or inlined: what is told of it stacks tell. Here
        // it only says whose code its own calls are in. What a header declares inline is mostly
        // that.
        shown.own_code = !can.may_be_inlined || file(callee).ends_with(".c") ||
                         seen_.is_frame(program_[outer].name, program_[callee].name);
    }
    return shown;
}

Shown OpenMask::indirect(Callers /*callers*/, model::FunctionId callee) const {
    auto const called = facts_.called(program_[callee].name, file(callee));
    Shown shown;
    shown.visible = called.traced;
    shown.expanded = !called.traced;
    shown.own_code = called.code && !called.traced;
    return shown;
}

bool OpenMask::shows_iterator(Callers callers, std::string_view event) const {
    return seen_.is_child(program_[callers.back()].name, "__traceiter_" + std::string(event));
}

} // namespace kflow::check
