#pragma once
// Which thing of the capture each role of a call stands for: names are bound by the calls above.

#include "sim/check/automaton.hpp"
#include "sim/check/curated.hpp"
#include "sim/check/evidence.hpp"

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kflow::check {

/// Objects of one capture. Forest and program must outlive it.
class Roles {
public:
    Roles(model::Program const& program, Evidence const& evidence, Forest const& forest);

    /// What a call bound for its callee's roles; earlier bindings of the callee are replaced.
    using Bound = std::vector<std::pair<model::RoleId, kernel::ObjectId>>;
    /// Whether that is new.
    bool bind(CallIndex callee, Bound bound);

    /// What a role stands for in a call's own frame.
    kernel::ObjectId lookup(CallIndex call, model::RoleId role);
    /// What a reference of the call's automaton stands for; `letter` tells rounds of a loop apart.
    kernel::ObjectId resolve(CallIndex call, Reference const& reference, std::size_t letter);
    /// The objects behind a scope of the call's automaton.
    Bound resolve(CallIndex call, Scope const& scope, std::size_t letter);
    /// The call whose place it is; kNoCall for anything else.
    CallIndex owner(kernel::ObjectId object) const;
    kernel::ObjectId current(CallIndex call) const;

private:
    void name_by_events(model::Program const& program);
    kernel::ObjectId const* find(CallIndex call, model::RoleId role) const;
    /// Tells signals apart that one system call sends to several targets (kernel/signal.c,
    /// __kill_pgrp_info): what holds for one sending need not hold for the next.
    std::size_t sending(CallIndex call) const;
    /// The outermost call around it from which bodies lead down to it. Of what a function without a
    /// body calls one after the other, nothing says that it is about the same signal (two timers
    /// of a process may expire at once).
    CallIndex begin_of_bodies(CallIndex call);
    kernel::ObjectId place(CallIndex call, FrameIndex frame, model::RoleId role,
                           std::size_t letter);

    Evidence const& evidence_;
    Forest const& forest_;
    CuratedNames curated_;
    model::RoleId child_;
    model::RoleId task_;
    model::RoleId sig_;
    model::RoleId target_;
    /// Of a call, where its caller or an event says something of its roles.
    struct Said {
        Bound bound;
        Bound named; ///< by an event of the call itself, whatever the caller said
    };
    Said& said(CallIndex call);

    std::vector<std::uint32_t> said_at_; ///< of each call: 1 + its place, or 0
    std::deque<Said> said_;
    /// What a role without a better name stands for.
    struct Place {
        CallIndex call = kNoCall;
        FrameIndex frame = 0;
        model::RoleId role = model::kCurrent;
        std::size_t letter = 0;
        bool operator==(Place const&) const = default;
    };
    struct PlaceHash {
        std::size_t operator()(Place const& place) const;
    };
    std::unordered_map<Place, std::uint32_t, PlaceHash> places_; // looked up, never iterated
    std::vector<CallIndex> owners_;
};

} // namespace kflow::check
