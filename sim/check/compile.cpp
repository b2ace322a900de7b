#include "sim/check/automaton.hpp"
#include "sim/check/frames.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace kflow::check {
namespace {

using model::FunctionId;
using model::OnFailure;
using model::Op;
using model::Pc;
using model::RoleId;

/// The kernel's inline functions and macros nest some ten deep; recursion is never inlined.
constexpr std::uint32_t kDeepest = 40;

class Compiler {
public:
    Compiler(model::Program const& program, Mask const& mask, Alphabet& alphabet)
        : program_(program), mask_(mask), alphabet_(alphabet), frames_(program) {}

    Automaton run(FunctionId function) {
        out_.function = function;
        frames_.add({function, kNoFrame, 0, false, {}, 0, false});
        node_at(0, program_[function].entry, false);
        while (!work_.empty()) {
            if (out_.nodes.size() > kMostNodes) {
                out_.too_large = true;
                break;
            }
            auto const [node, frame, pc, failed] = work_.back();
            work_.pop_back();
            expand(node, frame, pc, failed);
        }
        resolve_forgets();
        out_.scopes = frames_.scopes();
        return std::move(out_);
    }

private:
    struct Place {
        NodeIndex node;
        FrameIndex frame;
        Pc pc;
        bool failed;
    };
    struct Forget {
        NodeIndex node;
        FrameIndex frame;
        std::optional<RoleId> member;         ///< answers about this member of `each`
        std::vector<model::GuardId> guards;   ///< these guards of the frame; empty with `all`
        bool all = false;                     ///< all answers that the frame's call gave
        std::optional<Reference> object = {}; ///< answers about this object
    };

    NodeIndex new_node() {
        out_.nodes.emplace_back();
        return static_cast<NodeIndex>(out_.nodes.size() - 1);
    }

    NodeIndex node_at(FrameIndex frame, Pc pc, bool failed) {
        auto const key = std::tuple(frame, pc, failed);
        if (auto const known = places_.find(key); known != places_.end()) {
            return known->second;
        }
        auto const node = new_node();
        places_.emplace(key, node);
        work_.push_back({node, frame, pc, failed});
        return node;
    }

    NodeIndex end_node(std::uint8_t outcome) {
        auto& node = ends_[outcome];
        if (!node) {
            node = new_node();
            out_.nodes[*node].ends = outcome;
        }
        return *node;
    }

    void go(NodeIndex from, NodeIndex to) { out_.nodes[from].choices.push_back({to}); }

    void move(NodeIndex from, NodeIndex to, LoopIndex loop, LoopMove move) {
        out_.nodes[from].choices.push_back({to, kNoKey, false, kNoSymbol, loop, move});
    }

    /// The loop whose each_next stands there: its each_begin is always the instruction before.
    LoopIndex loop_at(FrameIndex frame, Pc next) {
        auto const [known, is_new] =
            loops_.emplace(std::pair(frame, next), static_cast<LoopIndex>(out_.loops.size()));
        if (is_new) {
            auto const collection =
                static_cast<model::CollectionId>(program_.code[next - 1].subject);
            auto const scope = frames_.scope_of(frame, next - 1, {});
            out_.loops.push_back({collection, scope, frames_[frame].function, next});
        }
        return known->second;
    }

    /// Where a frame's end leads.
    NodeIndex after_return(FrameIndex frame, bool failed) {
        auto const& f = frames_[frame];
        if (f.parent == kNoFrame) {
            return end_node(failed ? kFailed : kSucceeded);
        }
        return after_call(f.parent, f.call, f.parent_failed, failed);
    }

    /// Where a call (via, effect) that ended so leads.
    NodeIndex after_call(FrameIndex frame, Pc pc, bool caller_failed, bool callee_failed) {
        auto const& code = program_.code[pc];
        if (code.on_failure == OnFailure::ignore) {
            return node_at(frame, pc + 1, caller_failed);
        }
        if (!callee_failed) {
            return node_at(frame, pc + 1, false);
        }
        return code.on_failure == OnFailure::jump ? node_at(frame, code.target, true)
                                                  : after_return(frame, true);
    }

    void expand(NodeIndex node, FrameIndex frame, Pc pc, bool failed) {
        auto const& code = program_.code[pc];
        switch (code.op) {
        case Op::call:
            call(node, frame, pc, failed, static_cast<FunctionId>(code.subject), false, {});
            return;
        case Op::via:
            via(node, frame, pc, failed);
            return;
        case Op::effect:
            node = behind_makings(node, frame, pc);
            go(node, after_call(frame, pc, failed, false));
            if (code.on_failure != OnFailure::ignore) {
                go(node, after_call(frame, pc, failed, true));
            }
            return;
        case Op::emit:
            emit(node, frame, pc, failed);
            return;
        case Op::wait:
            out_.nodes[node].blocks = true;
            go(node, node_at(frame, pc + 1, failed));
            return;
        case Op::branch:
            branch(node, frame, pc, failed);
            return;
        case Op::maybe:
            out_.nodes[node].maybe = code.subject + 1;
            go(node, node_at(frame, pc + 1, failed));
            go(node, node_at(frame, code.target, failed));
            return;
        case Op::jump:
            go(node, node_at(frame, code.target, failed));
            return;
        case Op::each_begin:
            move(node, node_at(frame, pc + 1, failed), loop_at(frame, pc + 1), LoopMove::begin);
            return;
        case Op::each_next: {
            auto const body = node_at(frame, pc + 1, failed);
            forgets_.push_back({body, frame, code.role, {}, false});
            auto const loop = loop_at(frame, pc);
            move(node, body, loop, LoopMove::round);
            move(node, node_at(frame, code.target, failed), loop, LoopMove::end);
            return;
        }
        case Op::forget: {
            auto const guards = program_.in_guards(code.members);
            auto const next = new_node(); // Its own node: entered on this way alone.
            forgets_.push_back({next, frame, std::nullopt, {guards.begin(), guards.end()}, false});
            go(node, next);
            go(next, node_at(frame, pc + 1, failed));
            return;
        }
        case Op::set_error:
            go(node, node_at(frame, pc + 1, code.subject != ~std::uint32_t{0}));
            return;
        case Op::ret:
            go(node, after_return(frame, failed));
            return;
        case Op::ret_error:
            go(node, after_return(frame, true));
            return;
        case Op::no_return:
            go(node, end_node(kNoReturn));
            return;
        default: // What reads and decides nothing here.
            go(node, node_at(frame, pc + 1, failed));
            return;
        }
    }

    // Calls.

    /// Which of the function's calls of the callee the instruction is, in the source's order.
    int site(FunctionId caller, Pc pc) const {
        auto const& here = program_.code[pc];
        std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
        for (auto const& code : program_.body(caller)) {
            if (code.op == here.op && code.subject == here.subject) {
                places.emplace_back(code.line, code.column);
            }
        }
        std::sort(places.begin(), places.end());
        places.erase(std::unique(places.begin(), places.end()), places.end());
        auto const found =
            std::find(places.begin(), places.end(), std::pair(here.line, here.column));
        return static_cast<int>(found - places.begin()) + 1;
    }

    void call(NodeIndex node, FrameIndex frame, Pc pc, bool failed, FunctionId callee,
              bool indirect, std::vector<model::Binding> const& more) {
        auto const chain = frames_.callers(frame);
        auto shown = indirect ? mask_.indirect(chain, callee)
                              : mask_.call(chain, callee, site(frames_[frame].function, pc));
        auto const scope = frames_.scope_of(frame, pc, more);
        auto const deep = frames_[frame].depth >= kDeepest || frames_.is_around(frame, callee);
        if (shown.open && shown.visible && deep) {
            shown.open = shown.expanded = false; // Recursion is never inlined.
        }
        auto const open =
            shown.open ? open_call({frames_[frame].function, callee, chain.back()}) : kNoOpenCall;
        if (shown.visible && shown.entered && program_[callee].has_body &&
            !frames_.is_around(frame, callee)) {
            auto const inner = frame_of(frame, pc, failed, callee, scope, true);
            auto const entry = entry_of(inner);
            out_.nodes[node].steps.push_back({alphabet_.add(program_[callee].name), entry,
                                              kAnyOutcome, callee, frames_[frame].function, pc,
                                              scope});
        } else if (shown.visible || shown.part) {
            visible(node, frame, pc, failed, callee, scope, open);
        }
        if (shown.nothing) {
            go(node, after_call(frame, pc, failed, false));
            if (program_.code[pc].on_failure != OnFailure::ignore) {
                go(node, after_call(frame, pc, failed, true));
            }
        }
        if (!shown.expanded) {
            return;
        }
        if (open != kNoOpenCall) {
            auto const inlined = new_node();
            out_.nodes[node].choices.push_back(
                {inlined, kNoKey, false, kNoSymbol, kNoLoop, LoopMove::none, open});
            node = inlined;
        }
        if (!program_[callee].has_body || deep) {
            if (program_[callee].has_body) {
                out_.cut.emplace_back(program_[callee].name);
            }
            if (program_[callee].noreturn) {
                go(node, end_node(kNoReturn));
                return;
            }
            go(node, after_call(frame, pc, failed, false));
            if (program_.code[pc].on_failure != OnFailure::ignore) {
                go(node, after_call(frame, pc, failed, true));
            }
            return;
        }
        auto const inner = frame_of(frame, pc, failed, callee, scope, shown.own_code);
        go(node, entry_of(inner));
    }

    /// The place before a frame's first instruction: its call asks its guards anew.
    NodeIndex entry_of(FrameIndex frame) {
        auto const entry = new_node();
        forgets_.push_back({entry, frame, std::nullopt, {}, true});
        go(entry, node_at(frame, program_[frames_[frame].function].entry, false));
        return entry;
    }

    OpenCallIndex open_call(OpenCall const& call) {
        auto const [known, is_new] =
            open_calls_.emplace(call, static_cast<OpenCallIndex>(out_.open_calls.size()));
        if (is_new) {
            out_.open_calls.push_back(call);
        }
        return known->second;
    }

    void visible(NodeIndex node, FrameIndex frame, Pc pc, bool failed, FunctionId callee,
                 ScopeIndex scope, OpenCallIndex open) {
        auto const& function = program_[callee];
        Step step{alphabet_.add(function.name), 0,  kAnyOutcome, callee,
                  frames_[frame].function,      pc, scope,       open};
        auto const add = [&](NodeIndex to, int outcomes) {
            step.to = to;
            step.outcomes = static_cast<std::uint8_t>(outcomes);
            out_.nodes[node].steps.push_back(step);
        };
        if (function.noreturn) {
            add(end_node(kNoReturn), kNoReturn);
            return;
        }
        auto const good = after_call(frame, pc, failed, false);
        auto const bad = after_call(frame, pc, failed, true);
        if (good == bad) {
            add(good, kSucceeded | kFailed);
            return;
        }
        add(good, kSucceeded);
        add(bad, kFailed);
    }

    FrameIndex frame_of(FrameIndex parent, Pc pc, bool failed, FunctionId callee, ScopeIndex scope,
                        bool own_code) {
        auto const key = std::tuple(parent, pc, failed, callee);
        if (auto const known = inner_.find(key); known != inner_.end()) {
            return known->second;
        }
        auto const frame = frames_.add({callee, parent, pc, failed, frames_.scopes()[scope],
                                        frames_[parent].depth + 1, own_code});
        inner_.emplace(key, frame);
        return frame;
    }

    void via(NodeIndex node, FrameIndex frame, Pc pc, bool failed) {
        auto const& code = program_.code[pc];
        auto here = node;
        for (auto const& member : program_.in_members(code.members)) {
            auto const taken = new_node();
            if (member.guard == model::kNone<model::GuardId>) {
                go(here, taken);
            } else {
                auto const key = key_of(frame, pc, member.guard, member.guard_bindings);
                auto const next = new_node();
                choose(here, taken, key, !member.negate);
                choose(here, next, key, member.negate);
                here = next;
            }
            if (member.callee == model::kNone<FunctionId>) {
                go(taken, after_call(frame, pc, failed, false));
                continue;
            }
            auto const more = program_.in_bindings(member.bindings);
            call(taken, frame, pc, failed, member.callee, true, {more.begin(), more.end()});
        }
    }

    Step step_of(Symbol symbol, NodeIndex next, FrameIndex frame, Pc pc) {
        return {symbol,
                next,
                kAnyOutcome,
                model::kNone<FunctionId>,
                frames_[frame].function,
                pc,
                frames_.scope_of(frame, pc, {})};
    }

    /// perf and programs of BPF hear a tracepoint as well, switched on by whomever: what their
    /// probe calls (include/trace/perf.h) shows where the tracepoint's iterator does not.
    void probe(NodeIndex node, NodeIndex next, FrameIndex frame, Pc pc) {
        auto const inside = new_node();
        auto const begin = alphabet_.add("perf_swevent_get_recursion_context");
        auto const end = alphabet_.add("perf_trace_run_bpf_submit");
        out_.nodes[node].steps.push_back(step_of(begin, inside, frame, pc));
        out_.nodes[inside].steps.push_back(step_of(end, next, frame, pc));
    }

    void emit(NodeIndex node, FrameIndex frame, Pc pc, bool failed) {
        auto const event = program_[static_cast<model::EventId>(program_.code[pc].subject)];
        auto const next = node_at(frame, pc + 1, failed);
        auto step = step_of(add_event(alphabet_, event), next, frame, pc);
        if (mask_.shows_iterator(frames_.callers(frame), event)) {
            step.symbol = alphabet_.add("__traceiter_" + std::string(event));
        } else { // The probes are called in the order in which they were switched on.
            auto const before = new_node();
            auto const behind = new_node();
            probe(node, before, frame, pc);
            go(before, next);
            out_.nodes[before].steps.push_back(step);
            out_.nodes[node].steps.push_back(step_of(step.symbol, behind, frame, pc));
            probe(behind, next, frame, pc);
        }
        out_.nodes[node].steps.push_back(step);
        out_.nodes[node].choices.push_back(
            {next, kNoKey, false, step.symbol, kNoLoop, LoopMove::none});
    }

    /// What an instruction binds to a role of what it names: another role, or the same.
    RoleId bound_role(model::Range bindings, RoleId role) const {
        auto object = role;
        for (auto const& b : program_.in_bindings(bindings)) {
            object = b.role == role ? b.object : object;
        }
        return object;
    }

    /// Where an effect has made another thing of some roles: answers about the former are void.
    NodeIndex behind_makings(NodeIndex node, FrameIndex frame, Pc pc) {
        auto const& code = program_.code[pc];
        auto const& effect = program_[static_cast<model::EffectId>(code.subject)];
        for (auto const role : program_.in_roles(effect.made)) {
            auto const object = frames_.resolve(frame, pc, bound_role(code.bindings, role));
            auto const next = new_node(); // Its own node: entered on this way alone.
            forgets_.push_back({next, frame, std::nullopt, {}, false, object});
            go(node, next);
            node = next;
        }
        return node;
    }

    // Guards.

    void choose(NodeIndex from, NodeIndex to, KeyIndex key, bool value) {
        out_.nodes[from].choices.push_back({to, key, value, kNoSymbol, kNoLoop, LoopMove::none});
    }

    void branch(NodeIndex node, FrameIndex frame, Pc pc, bool failed) {
        auto const& code = program_.code[pc];
        auto const key =
            key_of(frame, pc, static_cast<model::GuardId>(code.subject), code.bindings);
        auto const yes = node_at(frame, pc + 1, failed);
        auto const no = node_at(frame, code.target, failed);
        choose(node, yes, key, !code.negate);
        choose(node, no, key, code.negate);
    }

    KeyIndex key_of(FrameIndex frame, Pc pc, model::GuardId id, model::Range bindings) {
        auto const& guard = program_[id];
        Key key;
        key.guard = id;
        key.scope = guard.scope;
        auto const list = program_.in_bindings(bindings);
        if (guard.scope == model::GuardScope::call) {
            key.frame = frame;
            key.binding.assign(list.begin(), list.end());
        } else if (guard.scope == model::GuardScope::role) {
            key.object = frames_.resolve(frame, pc, bound_role(bindings, guard.role));
        }
        for (KeyIndex i = 0; i < out_.keys.size(); ++i) {
            auto const& k = out_.keys[i];
            if (k.guard == key.guard && k.frame == key.frame && k.binding == key.binding &&
                k.object == key.object) {
                return i;
            }
        }
        key.asker = frames_.scope_of(frame, pc, {list.begin(), list.end()});
        key.pc = pc;
        out_.keys.push_back(key);
        return static_cast<KeyIndex>(out_.keys.size() - 1);
    }

    void resolve_forgets() {
        for (auto const& forget : forgets_) {
            auto& list = out_.nodes[forget.node].forgets;
            for (KeyIndex i = 0; i < out_.keys.size(); ++i) {
                auto const& key = out_.keys[i];
                auto const is_member = key.object.kind == Reference::Kind::member;
                bool hit = false;
                if (forget.object) {
                    hit = key.scope == model::GuardScope::role && key.object == *forget.object;
                } else if (forget.member) {
                    hit = (is_member && key.object.frame == forget.frame &&
                           key.object.role == *forget.member) ||
                          is_sent_to(key, forget.frame, *forget.member);
                } else if (key.scope == model::GuardScope::call && key.frame == forget.frame) {
                    hit = forget.all || std::find(forget.guards.begin(), forget.guards.end(),
                                                  key.guard) != forget.guards.end();
                }
                if (hit) {
                    list.push_back(i);
                }
            }
        }
    }

    /// A signal that goes to each member of a group (kernel/signal.c, __kill_pgrp_info) is another
    /// signal for each: one may ignore what ends the next.
    bool is_sent_to(Key const& key, FrameIndex frame, RoleId member) const {
        if (key.scope != model::GuardScope::role || key.object.role != sig_) {
            return false;
        }
        auto const& asker = frames_.scopes()[key.asker];
        return std::any_of(asker.begin(), asker.end(), [&](auto const& bound) {
            return bound.first == target_ && bound.second.kind == Reference::Kind::member &&
                   bound.second.frame == frame && bound.second.role == member;
        });
    }

    model::Program const& program_;
    Mask const& mask_;
    Alphabet& alphabet_;
    RoleId sig_ = program_.find_role("sig");
    RoleId target_ = program_.find_role("target");
    Automaton out_;
    Frames frames_;
    std::vector<Place> work_;
    std::vector<Forget> forgets_;
    std::map<std::tuple<FrameIndex, Pc, bool>, NodeIndex> places_;
    std::map<std::tuple<FrameIndex, Pc, bool, FunctionId>, FrameIndex> inner_;
    std::map<std::pair<FrameIndex, Pc>, LoopIndex> loops_;
    std::map<OpenCall, OpenCallIndex> open_calls_;
    std::map<std::uint8_t, std::optional<NodeIndex>> ends_;
};

} // namespace

Automaton compile(model::Program const& program, Mask const& mask, Alphabet& alphabet,
                  model::FunctionId function) {
    auto automaton = Compiler(program, mask, alphabet).run(function);
    simplify(automaton);
    return automaton;
}

} // namespace kflow::check
